package mentoring

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Service is help elsewhere: an entry of the directory that staff keep (feature
// T9). People see when it was last looked at.
type Service struct {
	ID        int64
	Programme Programme
	Unit      Unit
	Words     map[Language]string // what it is and how to reach it; sealed at rest
	Topics    []string            // keys that it is about; none: whatever it be
	Area      string              // where; empty: everywhere
	Checked   time.Time           // when somebody last saw that it is right
	// Warned is when staff were last told that nobody has looked for too long.
	Warned  time.Time
	Changed time.Time
}

const (
	serviceMax  = 600 // letters in one language
	serviceArea = 40
	maxServices = 100
)

// Directory lists help elsewhere, for those topics and that area; what is about
// every topic, or everywhere, is always there. Without topics and area it is all
// of it. Those about a topic that was asked for come first.
func (a *Act) Directory(p Programme, topics []string, area string) ([]Service, error) {
	all, err := a.Tx.Services(p)
	if err != nil {
		return nil, fmt.Errorf("services: %w", err)
	}
	var near, rest []Service
	for _, s := range all {
		if area != "" && s.Area != "" && !strings.EqualFold(s.Area, area) {
			continue
		}
		switch {
		case slices.ContainsFunc(s.Topics, func(t string) bool { return slices.Contains(topics, t) }):
			near = append(near, s)
		case len(s.Topics) == 0 || len(topics) == 0:
			rest = append(rest, s)
		}
	}
	return append(near, rest...), nil
}

// service finds an entry that a staff member may change.
func (a *Act) service(staff Member, id int64) (Service, error) {
	m, err := a.canIn(staff, DoServices, DefaultProgramme, DefaultUnit)
	if err != nil {
		return Service{}, err
	}
	all, err := a.Tx.Services(m.Programme)
	if err != nil {
		return Service{}, fmt.Errorf("services: %w", err)
	}
	i := slices.IndexFunc(all, func(s Service) bool { return s.ID == id })
	if i < 0 {
		return Service{}, Refuse("service.unknown", "number", id)
	}
	return all[i], nil
}

func (a *Act) putService(staff Member, s *Service) error {
	s.Changed = a.Now
	if err := a.Tx.PutService(s); err != nil {
		return fmt.Errorf("put service: %w", err)
	}
	return a.audit(staff.ID, AuditService)
}

// AddService adds an entry in one language; it counts as looked at now.
func (a *Act) AddService(staff Member, lang Language, words string) (Service, error) {
	m, err := a.canIn(staff, DoServices, DefaultProgramme, DefaultUnit)
	if err != nil {
		return Service{}, err
	}
	if words, err = fit(words, serviceMax); err != nil {
		return Service{}, err
	}
	if words == "" {
		return Service{}, Refuse("service.say_words")
	}
	all, err := a.Tx.Services(m.Programme)
	if err != nil {
		return Service{}, fmt.Errorf("services: %w", err)
	}
	if len(all) >= maxServices {
		return Service{}, Refuse("service.too_many", "n", maxServices)
	}
	s := Service{Programme: m.Programme, Unit: m.Unit, Words: map[Language]string{lang: words}, Checked: a.Now}
	if err := a.putService(staff, &s); err != nil {
		return Service{}, err
	}
	return s, a.undoable(staff, Undone{Kind: UndoService, ID: s.ID})
}

// changeService changes an entry and remembers how it was.
func (a *Act) changeService(staff Member, id int64, change func(*Service) error) (Service, error) {
	s, err := a.service(staff, id)
	if err != nil {
		return s, err
	}
	before := s
	before.Words, before.Topics = maps.Clone(s.Words), slices.Clone(s.Topics)
	if err := change(&s); err != nil {
		return s, err
	}
	if err := a.putService(staff, &s); err != nil {
		return s, err
	}
	return s, a.undoable(staff, Undone{Kind: UndoService, ID: id, Service: &before})
}

// RewordService writes an entry in one language; the others it has stay.
func (a *Act) RewordService(staff Member, id int64, lang Language, words string) (Service, error) {
	return a.changeService(staff, id, func(s *Service) (err error) {
		if words, err = fit(words, serviceMax); err != nil {
			return err
		}
		if words == "" {
			return Refuse("service.say_words")
		}
		s.Words, s.Checked, s.Warned = maps.Clone(s.Words), a.Now, time.Time{}
		s.Words[lang] = words
		return nil
	})
}

// ServiceAbout says what topics an entry is about and where; none and "" are
// every topic and everywhere.
func (a *Act) ServiceAbout(staff Member, id int64, topics []string, area string) (Service, error) {
	return a.changeService(staff, id, func(s *Service) (err error) {
		if area, err = fitLine(area, serviceArea); err != nil {
			return err
		}
		s.Topics, s.Area = topics, area
		return nil
	})
}

// CheckService notes that a staff member has seen that an entry is right.
func (a *Act) CheckService(staff Member, id int64) (Service, error) {
	return a.changeService(staff, id, func(s *Service) error {
		s.Checked, s.Warned = a.Now, time.Time{}
		return nil
	})
}

// RemoveService takes an entry away.
func (a *Act) RemoveService(staff Member, id int64) error {
	s, err := a.service(staff, id)
	if err != nil {
		return err
	}
	if err := a.Tx.DeleteService(id); err != nil {
		return fmt.Errorf("delete service: %w", err)
	}
	if err := a.audit(staff.ID, AuditService); err != nil {
		return err
	}
	return a.undoable(staff, Undone{Kind: UndoService, ID: id, Service: &s})
}

// restoreService makes an entry what it was; nil: it was not there.
func (a *Act) restoreService(staff Member, id int64, before *Service) error {
	if _, err := a.canIn(staff, DoServices, DefaultProgramme, DefaultUnit); err != nil {
		return err
	}
	if before == nil {
		if _, err := a.service(staff, id); err != nil {
			return err
		}
		if err := a.Tx.DeleteService(id); err != nil {
			return fmt.Errorf("delete service: %w", err)
		}
		return a.audit(staff.ID, AuditService)
	}
	return a.putService(staff, before)
}

// servicesUnchecked tells staff, once, of an entry that nobody has looked at for
// too long. There are few entries: all are looked at.
func (a *Act) servicesUnchecked() error {
	rules := a.Rules.Programme(DefaultProgramme)
	if rules.ServiceCheck == 0 {
		return nil
	}
	all, err := a.Tx.Services(DefaultProgramme)
	if err != nil {
		return fmt.Errorf("services: %w", err)
	}
	for i := range all {
		s := &all[i]
		if a.Now.Sub(s.Checked) < rules.ServiceCheck || !s.Warned.IsZero() {
			continue
		}
		s.Warned = a.Now
		if err := a.Tx.PutService(s); err != nil {
			return fmt.Errorf("put service: %w", err)
		}
		a.Do(TellStaff{Programme: s.Programme, Unit: s.Unit, Text: T("service.check_please", "number", s.ID, "at", s.Checked)})
	}
	return nil
}
