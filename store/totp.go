package store

import "silta/mentoring"

const totpLink, totpColumns = "totp.link", "member, link, confirmed, used, created"

func (t *Tx) scanTotp(r record) (p mentoring.Totp, err error) {
	p = mentoring.Totp{Member: mentoring.MemberID(r.int(0)), On: r.flag(2), Used: r.int(3), Created: r.time(4)}
	p.Link, err = t.openText(place{column: totpLink, id: r.int(0)}, r.view(1))
	return p, err
}

// Totp implements [mentoring.Tx].
func (t *Tx) Totp(m mentoring.MemberID) (mentoring.Totp, error) {
	p, err := single(t, "SELECT "+totpColumns+" FROM totp WHERE member = $1", t.scanTotp, m)
	return p, doing("totp", err)
}

// PutTotp implements [mentoring.Tx].
func (t *Tx) PutTotp(p *mentoring.Totp) error {
	if err := t.writing(); err != nil {
		return err
	}
	_, err := t.exec("INSERT INTO totp ("+totpColumns+`) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (member) DO UPDATE SET link = excluded.link, confirmed = excluded.confirmed, used = excluded.used, created = excluded.created`,
		p.Member, t.sealText(place{column: totpLink, id: int64(p.Member)}, p.Link), p.On, p.Used, p.Created)
	return doing("put totp", err)
}

// DeleteTotp implements [mentoring.Tx].
func (t *Tx) DeleteTotp(m mentoring.MemberID) error {
	_, err := t.exec("DELETE FROM totp WHERE member = $1", m)
	return doing("delete totp", err)
}
