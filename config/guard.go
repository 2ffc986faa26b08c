package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var domainName = regexp.MustCompile(`^[a-z0-9åäö-]+(\.[a-z0-9åäö-]+)+$`)

func (c *Config) checkGuard(k *checker) {
	g := &c.Programmes.Mentoring.Guard
	for _, one := range []struct{ role, policy string }{{"mentee", g.Mentee}, {"mentor", g.Mentor}} {
		k.must(slices.Contains(guardPolicies(), one.policy), "programmes.mentoring.guard."+one.role,
			"%q is none of %s", one.policy, strings.Join(guardPolicies(), ", "))
	}
	for i, domain := range g.Domains {
		k.must(domainName.MatchString(domain), fmt.Sprintf("programmes.mentoring.guard.domains[%d]", i+1),
			"%q is not a domain; write for example nuortennetti.fi, with no https://", domain)
	}
}
