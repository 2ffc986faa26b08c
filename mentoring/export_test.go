package mentoring

// Remembered is of how many participants a Pace knows something.
func Remembered(p *Pace) int { return len(p.of) }
