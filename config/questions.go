package config

// Questions are how people are asked what staff want to know, and where else
// they can say what they think.
type Questions struct {
	// Hours are when questions may come; none: at any time.
	Hours []WeekHours `yaml:"hours" reload:"yes"`
	// Closing: both are asked at the end of a conversation whether it helped.
	Closing bool `yaml:"closing" reload:"yes"`
	// Polls: questions come as a poll, too, besides the menu that every client shows.
	Polls bool `yaml:"polls" reload:"yes"`
	// Form is the address of a form elsewhere, told with "feedback".
	Form Words `yaml:"form"`
}

func defaultQuestions() Questions {
	daily, _ := weekdaysOf("daily")
	return Questions{Hours: []WeekHours{{Days: daily, From: 9 * 60, To: 21 * 60}}, Closing: true, Form: Words{}}
}
