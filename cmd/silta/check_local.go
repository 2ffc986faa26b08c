package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"silta/bridge/machine"
	"silta/config"
	"silta/store"
)

// checkedWithin is how old the check of a crisis line may be.
const checkedWithin = 183 * 24 * time.Hour

func (d *doctor) checkConfig(path string) bool {
	c, err := config.Load(path)
	var faults *config.Faults
	switch {
	case errors.As(err, &faults):
		for _, f := range faults.List {
			one := config.Faults{File: faults.File, List: []config.Fault{f}}
			d.fail("config", "", "%s", one.Error())
		}
		return false
	case err != nil:
		d.fail("config", "copy example-config.yaml to "+path+" and set its first three values, or name your file with -c", "%v", err)
		return false
	}
	d.cfg = c
	d.ok("config", "%s: %s, %s", path, c.Homeserver.Domain, count(len(c.InitialStaff), "initial staff member"))
	return true
}

func (d *doctor) checkEncryption() {
	const name = "encryption"
	missing := machine.Available()
	switch {
	case !d.cfg.Encrypted():
		d.warn(name, "encryption: require", "off: who runs the homeserver can read what people write")
	case missing != nil:
		d.fail(name, "", "%v", missing)
	default:
		d.ok(name, "required: every room, from its first event")
	}
}

func (d *doctor) checkCrisisLines() {
	if len(d.cfg.CrisisLines) == 0 {
		d.warn("crisis lines", "write at least one into crisis_lines", "besides 112 none is shown to who calls for urgent help")
	}
	for _, line := range d.cfg.CrisisLines {
		name := line.Name.In(d.cfg.DefaultLanguage)
		age := d.now().Sub(line.Checked.Time)
		fix := "call it, then write  checked: " + d.now().Format(time.DateOnly) + "  under it in crisis_lines"
		switch {
		case line.Checked.IsZero():
			d.warn("crisis lines", fix, "%s (%s): nobody has noted that it was called to see", line.Number, name)
		case age < -24*time.Hour:
			d.warn("crisis lines", fix, "%s (%s): its checked date is in the future", line.Number, name)
		case age > checkedWithin:
			d.warn("crisis lines", fix, "%s (%s): last checked %s", line.Number, name, line.Checked.Format(time.DateOnly))
		default:
			d.ok("crisis lines", "%s (%s): checked %s", line.Number, name, line.Checked.Format(time.DateOnly))
		}
	}
}

// checkPage looks at how people reach the page: what they write there must not be
// read on its way. On one's own machine it may be.
func (d *doctor) checkPage() {
	w := &d.cfg.Web
	if w.Listen == "" {
		return
	}
	u, err := url.Parse(w.URL)
	if err != nil {
		return // config has told
	}
	host := u.Hostname()
	ip, _ := netip.ParseAddr(host)
	if u.Scheme != "https" && host != "localhost" && !ip.IsLoopback() {
		d.warn("page", "let a proxy serve the page by https, and write its address into web.url",
			"%s is not https: passwords and recovery codes could be read on their way", w.URL)
		return
	}
	d.ok("page", "%s", w.URL)
}

func (d *doctor) checkKey() {
	source, shown := keySource(d.cfg, d.lookup)
	if shown == d.cfg.KeyFile {
		info, err := os.Stat(source)
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			d.fail("key", "chmod 600 "+shown, "%s can be read by others than its owner (mode %04o)", shown, info.Mode().Perm())
			return
		}
	}
	if _, err := loadKeys(d.cfg, d.lookup); err != nil {
		d.fail("key", "", "%v", err)
		return
	}
	d.ok("key", "%s", shown)
}

func (d *doctor) checkRegistration() {
	path := d.cfg.AppService.Registration
	r, err := loadRegistration(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.fail("registration", "silta registration", "there is no %s", path)
		return
	case err != nil:
		d.fail("registration", "silta registration --force  writes it anew; the homeserver must then get the new file", "%v", err)
		return
	}
	d.reg = r
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o007 != 0 {
		d.fail("registration", "chmod o= "+path, "%s holds secrets and can be read by everyone on this machine (mode %04o)", path, info.Mode().Perm())
	}
	if faults := registrationFaults(r, d.cfg); len(faults) > 0 {
		d.fail("registration", "silta registration --force  writes it anew; the homeserver must then get the new file and be restarted",
			"%s does not fit the settings: %s", path, strings.Join(faults, "; "))
		return
	}
	d.ok("registration", "%s fits the settings", path)
}

func (d *doctor) checkDatabase(ctx context.Context) {
	const name = "database"
	keys, err := loadKeys(d.cfg, d.lookup)
	if err != nil {
		return // said already
	}
	limited, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	state, err := store.Inspect(limited, store.Options{DSN: d.cfg.Database.DSN, Keys: keys})
	kind := "SQLite"
	if d.cfg.Database.Postgres() {
		kind = "PostgreSQL"
	}
	switch {
	case errors.Is(err, store.ErrInUse) && d.running:
		d.ok(name, "%s, in use by the running service", kind)
	case errors.Is(err, store.ErrInUse):
		d.fail(name, "end the other process, or give each service a database of its own",
			"%s: another process uses it, and no Silta answers on health.listen (%s)", kind, d.cfg.Health.Listen)
	case errors.Is(err, store.ErrNewerSchema):
		d.fail(name, "install that version again, or restore a backup made with this one", "%v", err)
	case errors.Is(err, store.ErrKeyMissing), errors.Is(err, store.ErrTampered):
		d.fail(name, "put the key file back that this database was made with", "the key does not fit the database: %v", err)
	case errors.Is(err, fs.ErrNotExist):
		d.fail(name, "make the folder that database.dsn names, for the user that runs Silta", "%s: there is no such folder: %v", kind, err)
	case errors.Is(err, fs.ErrPermission):
		d.fail(name, "let the user that runs Silta write the file and its folder", "%s cannot be written: %v", kind, err)
	case err != nil:
		d.fail(name, "look at database.dsn, and whether the database runs and lets this user in", "%s: %v", kind, err)
	case state.Schema == 0:
		d.ok(name, "%s, empty; it is set up at the first start", kind)
	case state.Schema < state.Newest:
		d.ok(name, "%s, schema %d; it is brought to %d at the next start (make a backup before)", kind, state.Schema, state.Newest)
	default:
		d.ok(name, "%s, schema %d", kind, state.Schema)
	}
	d.checkOldKeys(limited, keys)
}

// checkOldKeys looks whether older keys are needed still; with one key only
// everything else would be an error.
func (d *doctor) checkOldKeys(ctx context.Context, keys *store.Keyring) {
	const name = "old keys"
	numbers := keys.Numbers()
	if len(numbers) < 2 {
		return
	}
	newest := numbers[len(numbers)-1]
	switch n, err := outdated(ctx, d.cfg, keys); {
	case err != nil:
		d.say(advice, name, "look again when the database can be read", "could not be looked for: %v", err)
	case n > 0:
		d.warn(name, "stop the service, then  silta keys rotate", "%s sealed with an older key than %d, the newest", values(n), newest)
	default:
		d.ok(name, "the database needs none but key %d; keep the others as long as backups that were made with them", newest)
	}
}

func values(n int64) string {
	if n == 1 {
		return "1 value is"
	}
	return fmt.Sprintf("%d values are", n)
}
