package config

import "reflect"

// Changes compares the running settings with those just read. applied are the
// keys that are taken over at once (SIGHUP), needRestart those that wait for a
// restart; both in the order of [Config].
func Changes(old, new *Config) (applied, needRestart []string) {
	a, b := reflect.ValueOf(old).Elem(), reflect.ValueOf(new).Elem()
	walk(a.Type(), "", func(path string, f reflect.StructField, index []int) {
		switch {
		case reflect.DeepEqual(a.FieldByIndex(index).Interface(), b.FieldByIndex(index).Interface()):
		case f.Tag.Get("reload") == "yes":
			applied = append(applied, path)
		default:
			needRestart = append(needRestart, path)
		}
	}, nil)
	return applied, needRestart
}

// Reloaded returns the running settings with the reloadable ones of next: what
// is in force after SIGHUP.
func Reloaded(running, next *Config) *Config {
	out := *running
	a, b := reflect.ValueOf(&out).Elem(), reflect.ValueOf(next).Elem()
	walk(a.Type(), "", func(_ string, f reflect.StructField, index []int) {
		if f.Tag.Get("reload") == "yes" {
			a.FieldByIndex(index).Set(b.FieldByIndex(index))
		}
	}, nil)
	return &out
}
