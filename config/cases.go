package config

import "time"

// Cases are the times of what staff work on.
type Cases struct {
	// Target is by when somebody should have claimed a case, by its kind; staff are
	// reminded of what waits for longer. 0: never.
	Target CaseTargets `yaml:"target"`
	// Finish is by when a claimed case should be closed. 0: nobody is reminded.
	Finish Duration `yaml:"finish" reload:"yes"`
	// Keep is from a case's end until what was reported and noted is deleted.
	Keep Duration `yaml:"keep" reload:"yes"`
	// Guest is how long an outside professional takes part in a conversation.
	Guest Duration `yaml:"guest" reload:"yes"`
	// Duty is for how long a child-welfare summary is kept.
	Duty Duration `yaml:"duty" reload:"yes"`
}

// CaseTargets are times by the kind of case.
type CaseTargets struct {
	Help    Duration `yaml:"help" reload:"yes"`
	Urgent  Duration `yaml:"urgent" reload:"yes"`
	Report  Duration `yaml:"report" reload:"yes"`
	Support Duration `yaml:"support" reload:"yes"`
}

func defaultCases() Cases {
	return Cases{
		Target: CaseTargets{
			Help: Duration(24 * time.Hour), Urgent: Duration(30 * time.Minute), Report: Duration(72 * time.Hour), Support: Duration(72 * time.Hour),
		},
		Finish: Duration(14 * day), Keep: Duration(90 * day), Guest: Duration(2 * time.Hour), Duty: Duration(7 * day),
	}
}

func (c *Cases) check(k *checker, key string) {
	for name, d := range map[string]Duration{
		".target.help": c.Target.Help, ".target.urgent": c.Target.Urgent, ".target.report": c.Target.Report, ".target.support": c.Target.Support,
		".finish": c.Finish,
	} {
		k.must(d == 0 || d.Std() >= time.Minute && d.Std() <= 365*day, key+name, "%s is out of bounds; between 1m and 365d, or 0 for never", d)
	}
	k.must(c.Keep.Std() >= day && c.Keep.Std() <= 2*365*day, key+".keep", "%s is out of bounds; between 1d and 730d", c.Keep)
	k.must(c.Duty.Std() >= day && c.Duty.Std() <= 90*day, key+".duty", "%s is out of bounds; between 1d and 90d", c.Duty)
	k.must(c.Guest.Std() >= 5*time.Minute && c.Guest.Std() <= 30*day, key+".guest", "%s is out of bounds; between 5m and 30d", c.Guest)
}
