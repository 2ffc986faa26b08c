package bot

// offerHelp shows numbers to ring to somebody whose words sound of danger, and
// one tap away somebody of the staff. Nothing else follows from it: nobody is
// told, and the words go on as usual.
func (t *turn) offerHelp() error { return t.offer("danger.help", "danger.how") }

func (t *turn) offer(head, how string) error {
	words := []string{t.text("danger.staff"), t.text("danger.urgent")}
	q := question{Menu: t.act.Tx.NewID(), Leg: t.participant}
	t.mem.Help = &q
	t.out.Lines = append(t.out.Lines, Line{
		Text: t.text(head) + "\n\n" + t.menu(1, words) + "\n\n" + t.text(how),
		Menu: q.Menu, Buttons: keycaps(1, len(words)), Loud: true,
	})
	return nil
}

// tapOfHelp takes a tap on such a line.
func (t *turn) tapOfHelp(menu int64, r reply) (done bool, err error) {
	if t.mem.Help == nil || menu == 0 || menu != t.mem.Help.Menu {
		return false, nil
	}
	return t.wantsHelp(r.number)
}

// helpNumber takes a number for the last such line, if nothing was asked after it.
func (t *turn) helpNumber(q *question, body string) (done bool, err error) {
	h := t.mem.Help
	if h == nil || h.Leg != t.participant || t.place == Staff || q != nil && q.Menu > h.Menu {
		return false, nil
	}
	if last, ok, err := t.lastHeld(); err != nil || ok && last > h.Menu {
		return false, err
	}
	return t.wantsHelp(number(body))
}

func (t *turn) wantsHelp(n int) (done bool, err error) {
	if n != 1 && n != 2 {
		return false, nil
	}
	t.mem.Help = nil
	if n == 2 {
		return true, t.callUrgent("")
	}
	return true, t.callStaff("")
}
