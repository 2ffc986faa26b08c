package mentoring

// ShowFigures shows figures in pictures, or gives a report away: into the staff
// room of the programme and unit, or into the member's own room. Charts names
// the pictures; none: the report. Unit "": all that they may see.
type ShowFigures struct {
	Member    MemberID
	Staff     bool // in the staff room
	Language  Language
	Programme Programme
	Unit      Unit
	Term      Term
	Charts    []string
}

func (ShowFigures) effect() {}

// FigurePlaces are the programmes and units whose figures a member may see.
func (a *Act) FigurePlaces(m Member, action Action) ([]Membership, error) {
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return nil, err
	}
	var places []Membership
	for _, s := range list {
		if May([]Membership{s}, action) {
			places = append(places, s)
		}
	}
	return places, nil
}

// GiveReport gives a report of months that are over to whoever may see figures.
func (a *Act) GiveReport(m Member, show ShowFigures) error {
	if _, err := a.Report(m, show.Programme, show.Unit, show.Term); err != nil {
		return err
	}
	show.Member, show.Charts = m.ID, nil
	a.Do(show)
	return nil
}
