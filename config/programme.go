package config

import "time"

// Programmes are the settings of each service model. One is offered for now.
type Programmes struct {
	Mentoring Programme `yaml:"mentoring"`
}

// Programme is what a service model allows and how it behaves (features.md
// group 3). What is not carried is refused with a friendly line to its writer.
type Programme struct {
	// Media says which kinds of file are carried, cleaned of everything that
	// tells who made them. All are off at first: text is what hides a person best.
	Media Media `yaml:"media"`

	Guard Guard `yaml:"guard"`
	Signs Signs `yaml:"signs"`
	// Mentors is what is asked of a mentor before mentees see them.
	Mentors Mentors `yaml:"mentors"`
	Guide   Guide   `yaml:"guide"`

	OnCall      OnCall      `yaml:"on_call" reload:"yes"`
	Supervision Supervision `yaml:"supervision"`

	// ReviewAfter is after how long staff are reminded of a warning, a suspension
	// or a ban, when they have named no day.
	ReviewAfter Duration `yaml:"review_after" reload:"yes"`
	Cases       Cases    `yaml:"cases"`
	// RequireTotp: who somebody is, is shown only to staff who confirm it with a
	// one-time code of an app, and with the yes of such.
	RequireTotp bool `yaml:"require_totp" reload:"yes"`

	// DangerWords: whoever writes what sounds of danger is shown the crisis lines
	// and a way to staff, not again for DangerAgain. It is off by default, for it
	// reads what people write and is wrong now and then.
	DangerWords bool     `yaml:"danger_words" reload:"yes"`
	DangerAgain Duration `yaml:"danger_again" reload:"yes"`

	// AskWait is for how long a mentee's call to whoever is free waits for a mentor
	// until staff are told.
	AskWait Duration `yaml:"ask_wait" reload:"yes"`
	// ServiceAge is how old the last look at an entry of the directory of help
	// elsewhere may be until staff are asked to look again.
	ServiceAge Duration `yaml:"service_check" reload:"yes"`

	// Services are told to who finds no mentor.
	Services []Service `yaml:"services"`

	// Questions are those that staff write; see the command "question".
	Questions Questions `yaml:"questions"`

	// Awake is for how long a mentor's room of a conversation is open, whatever
	// their hours, after they have written in it.
	Awake   Duration `yaml:"awake" reload:"yes"`
	Waiting Waiting  `yaml:"waiting"`
	// NewPerDay is how many conversations one mentee can begin in 24 hours.
	NewPerDay int `yaml:"new_per_day" reload:"yes"`
	// PerMinute is how many messages one person can write in a conversation in a minute.
	PerMinute int `yaml:"messages_per_minute" reload:"yes"`
	// ForgetAfter is from "forget" until a conversation goes for good.
	ForgetAfter Duration `yaml:"forget_after" reload:"yes"`
	// FewMentors: staff are told when fewer mentors than that have a place.
	FewMentors int `yaml:"few_mentors" reload:"yes"`
}

// Guard is what happens to phone numbers, addresses, names in social media and
// other contacts in what people write, by the role of the writer: off, warn
// (the writer is asked), hide or block.
type Guard struct {
	Mentee string `yaml:"mentee" reload:"yes"`
	Mentor string `yaml:"mentor" reload:"yes"`
	// Domains may be linked to, with all that is below them.
	Domains []string `yaml:"domains"`
}

// Signs are what people may let the others see besides what they write: that
// they are writing, and what they have read. Each person chooses for themself.
type Signs struct {
	Typing  bool `yaml:"typing" reload:"yes"`
	Reading bool `yaml:"reading" reload:"yes"`
}

// Any says whether any sign is carried.
func (s *Signs) Any() bool { return s.Typing || s.Reading }

// guardPolicies are what Guard.Mentee and Guard.Mentor may be.
func guardPolicies() []string { return []string{"off", "warn", "hide", "block"} }

// Waiting is what happens when a mentee waits for an answer. Offer counts from
// the message; the others from when the mentor could have read it, by their
// hours.
type Waiting struct {
	Remind Duration `yaml:"remind" reload:"yes"` // the mentor is reminded
	Offer  Duration `yaml:"offer" reload:"yes"`  // the mentee is offered another mentor
	Staff  Duration `yaml:"staff" reload:"yes"`  // staff are told
}

// defaultMentoring is mentoring as it is when the file says nothing of it.
func defaultMentoring() Programme {
	return Programme{
		Guard:       Guard{Mentee: "warn", Mentor: "warn", Domains: []string{}},
		Media:       defaultMedia(),
		Services:    []Service{},
		Questions:   defaultQuestions(),
		OnCall:      defaultOnCall(),
		Supervision: defaultSupervision(),
		ReviewAfter: Duration(14 * day),
		DangerAgain: Duration(12 * time.Hour),
		Cases:       defaultCases(),
		AskWait:     Duration(4 * time.Hour),
		Mentors:     Mentors{Guide: true, Training: true, BackgroundCheck: true, CardApproval: true},
		Guide:       Guide{Steps: []Words{}, Video: Words{}},
		Awake:       Duration(time.Hour),
		Waiting:     Waiting{Remind: Duration(24 * time.Hour), Offer: Duration(48 * time.Hour), Staff: Duration(72 * time.Hour)},
		NewPerDay:   10,
		PerMinute:   60,
		ForgetAfter: Duration(7 * day),
		FewMentors:  3,
		ServiceAge:  Duration(180 * 24 * time.Hour),
	}
}

// Media are the kinds of file.
type Media struct {
	Images bool `yaml:"images" reload:"yes"`
	Voice  bool `yaml:"voice" reload:"yes"` // voice messages
	Audio  bool `yaml:"audio" reload:"yes"`
	Video  bool `yaml:"video" reload:"yes"`
	// Files are all the others, such as PDF: they cannot be cleaned, and go as
	// they are.
	Files bool `yaml:"files" reload:"yes"`

	// What is larger or longer is refused. The homeserver's own limit bounds what
	// people can upload at all; `silta check` compares.
	MaxSize   Size     `yaml:"max_size" reload:"yes"`
	MaxLength Duration `yaml:"max_length" reload:"yes"` // of sound and video
}

func defaultMedia() Media {
	return Media{MaxSize: 50 << 20, MaxLength: Duration(30 * time.Minute)}
}

// Any says whether any kind of file is carried.
func (m *Media) Any() bool { return m.Images || m.Voice || m.Audio || m.Video || m.Files }

func (m *Media) check(k *checker, key string) {
	k.must(m.MaxSize >= 100<<10 && m.MaxSize <= 1<<30, key+".max_size", "%s is out of bounds; between 100 kB and 1 GB", m.MaxSize)
	k.must(m.MaxLength.Std() >= 10*time.Second && m.MaxLength.Std() <= 6*time.Hour, key+".max_length",
		"%s is out of bounds; between 10s and 6h", m.MaxLength)
}
