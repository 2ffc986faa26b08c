package config

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

	// Services are told to who finds no mentor.
	Services []Service `yaml:"services"`
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
}
