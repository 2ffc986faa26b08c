package store

import (
	"encoding/binary"
	"time"

	"silta/mentoring"
)

// questionWords is what of a question is sealed.
type questionWords struct {
	Wording  mentoring.Wording  `json:"w"`
	Schedule mentoring.Schedule `json:"s"`
}

const questionColumns = "id, number, version, programme, unit, role, state, cursor, created, words"

func (t *Tx) scanQuestion(r record) (mentoring.Question, error) {
	q := mentoring.Question{
		ID: r.int(0), Number: r.int(1), Version: int(r.int(2)), Programme: mentoring.Programme(r.text(3)), Unit: mentoring.Unit(r.text(4)),
		Role: mentoring.Role(r.text(5)), State: mentoring.QuestionState(r.text(6)), Cursor: mentoring.MembershipID(r.int(7)), Created: r.time(8),
	}
	var w questionWords
	err := t.openJSON(place{column: "question.words", id: q.ID}, r.view(9), &w)
	q.Wording, q.Schedule = w.Wording, w.Schedule
	return q, err
}

// Questions implements [mentoring.Tx].
func (t *Tx) Questions(p mentoring.Programme) ([]mentoring.Question, error) {
	list, err := collect(t, "SELECT "+questionColumns+" FROM question WHERE programme = $1 AND state <> $2 ORDER BY number, version",
		t.scanQuestion, p, mentoring.QuestionReplaced)
	return list, doing("questions", err)
}

// Question implements [mentoring.Tx].
func (t *Tx) Question(id int64) (mentoring.Question, error) {
	q, err := single(t, "SELECT "+questionColumns+" FROM question WHERE id = $1", t.scanQuestion, id)
	return q, doing("question", err)
}

// WordingOf implements [mentoring.Tx].
func (t *Tx) WordingOf(number int64, version int) (mentoring.Question, error) {
	q, err := single(t, "SELECT "+questionColumns+" FROM question WHERE number = $1 AND version = $2", t.scanQuestion, number, version)
	return q, doing("wording", err)
}

// PutQuestion implements [mentoring.Tx].
func (t *Tx) PutQuestion(q *mentoring.Question) error {
	if err := t.writing(); err != nil {
		return err
	}
	if q.ID == 0 {
		q.ID = t.newID(seqQuestion)
		t.undo(func() { q.ID = 0 })
	}
	if q.Number == 0 {
		q.Number = q.ID
		t.undo(func() { q.Number = 0 })
	}
	words, err := t.sealJSON(place{column: "question.words", id: q.ID}, questionWords{q.Wording, q.Schedule})
	if err != nil {
		return doing("put question", err)
	}
	_, err = t.exec("INSERT INTO question ("+questionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (id) DO UPDATE SET unit = excluded.unit, role = excluded.role, state = excluded.state, cursor = excluded.cursor, words = excluded.words`,
		q.ID, q.Number, q.Version, q.Programme, q.Unit, q.Role, q.State, q.Cursor, q.Created, words)
	return doing("put question", err)
}

// MembershipsAfter implements [mentoring.Tx].
func (t *Tx) MembershipsAfter(p mentoring.Programme, role mentoring.Role, after mentoring.MembershipID, limit int) ([]mentoring.Membership, error) {
	list, err := collect(t, "SELECT "+membershipColumns+" FROM membership WHERE programme = $1 AND role = $2 AND id > $3 ORDER BY id LIMIT $4",
		scanMembership, p, role, after, limit)
	return list, doing("memberships after", err)
}

const promptColumns = "id, membership, question, due, at_sent, trail"

func (t *Tx) scanPrompt(r record) (mentoring.Prompt, error) {
	k := mentoring.Prompt{ID: r.int(0), Membership: mentoring.MembershipID(r.int(1)), Question: r.int(2), Due: r.time(3), At: r.int(4)}
	return k, t.openJSON(place{column: "prompt.trail", id: k.ID}, r.view(5), &k.PromptTrail)
}

// PromptsOf implements [mentoring.Tx], by question.
func (t *Tx) PromptsOf(id mentoring.MembershipID) ([]mentoring.Prompt, error) {
	list, err := collect(t, "SELECT "+promptColumns+" FROM prompt WHERE membership = $1 ORDER BY question", t.scanPrompt, id)
	return list, doing("prompts of a membership", err)
}

// DuePrompts implements [mentoring.Tx].
func (t *Tx) DuePrompts(now time.Time, limit int) ([]mentoring.Prompt, error) {
	list, err := collect(t, "SELECT "+promptColumns+" FROM prompt WHERE due > 0 AND due <= $1 ORDER BY due, id LIMIT $2", t.scanPrompt, now, limit)
	return list, doing("due prompts", err)
}

// PutPrompt implements [mentoring.Tx]. The row of messages sent learns what is
// waited for, so that whoever has sent as many is found without a search.
func (t *Tx) PutPrompt(k *mentoring.Prompt) error {
	if err := t.settle(); err != nil {
		return err
	}
	if k.ID == 0 {
		k.ID = t.newID(seqPrompt)
		t.undo(func() { k.ID = 0 })
	}
	trail, err := t.sealJSON(place{column: "prompt.trail", id: k.ID}, k.PromptTrail)
	if err != nil {
		return doing("put prompt", err)
	}
	_, err = t.exec("INSERT INTO prompt ("+promptColumns+`) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET due = excluded.due, at_sent = excluded.at_sent, trail = excluded.trail`,
		k.ID, k.Membership, k.Question, k.Due, k.At, trail)
	if err != nil {
		return doing("put prompt", err)
	}
	least, err := t.l.number("SELECT coalesce(min(at_sent), 0) FROM prompt WHERE membership = $1 AND at_sent > 0", int64(k.Membership))
	if err != nil {
		return doing("put prompt", t.latch(err))
	}
	_, err = t.exec(`INSERT INTO sent (membership, n, awaited) VALUES ($1, 0, $2)
		ON CONFLICT (membership) DO UPDATE SET awaited = excluded.awaited`, k.Membership, least)
	return doing("put prompt", err)
}

// AddSent implements [mentoring.Tx]. Like counters they are gathered and written
// once for a group of steps.
func (t *Tx) AddSent(id mentoring.MembershipID) error {
	if err := t.writing(); err != nil {
		return err
	}
	if id != 0 {
		t.g.batch.sent[id]++
	}
	return nil
}

// Sent implements [mentoring.Tx].
func (t *Tx) Sent(id mentoring.MembershipID) (int64, error) {
	if err := t.settle(); err != nil {
		return 0, err
	}
	n, err := single(t, "SELECT n FROM sent WHERE membership = $1", func(r record) (int64, error) { return r.int(0), nil }, id)
	if isNotFound(err) {
		return 0, nil
	}
	return n, doing("sent", err)
}

// SentDue implements [mentoring.Tx].
func (t *Tx) SentDue(limit int) ([]mentoring.MembershipID, error) {
	if err := t.settle(); err != nil {
		return nil, err
	}
	list, err := collect(t, "SELECT membership FROM sent WHERE awaited > 0 AND n >= awaited ORDER BY membership LIMIT $1",
		func(r record) (mentoring.MembershipID, error) { return mentoring.MembershipID(r.int(0)), nil }, limit)
	return list, doing("sent due", err)
}

func (b *batch) flushSent(l *link) error {
	for id, n := range b.sent {
		_, err := l.exec(`INSERT INTO sent (membership, n, awaited) VALUES ($1, $2, 0)
			ON CONFLICT (membership) DO UPDATE SET n = sent.n + excluded.n`, int64(id), n)
		if err != nil {
			return err
		}
	}
	return nil
}

// Questioned implements [mentoring.Tx].
func (t *Tx) Questioned(m mentoring.MemberID) (mentoring.Questioned, error) {
	p, err := single(t, "SELECT state FROM questioned WHERE member = $1", func(r record) (p mentoring.Questioned, err error) {
		return p, t.openJSON(place{column: "questioned.state", id: int64(m)}, r.view(0), &p)
	}, m)
	if isNotFound(err) {
		err = nil
	}
	p.Member = m
	return p, doing("questioned", err)
}

// PutQuestioned implements [mentoring.Tx].
func (t *Tx) PutQuestioned(p *mentoring.Questioned) error {
	state, err := t.sealJSON(place{column: "questioned.state", id: int64(p.Member)}, p)
	if err != nil {
		return doing("put questioned", err)
	}
	_, err = t.exec("INSERT INTO questioned (member, state) VALUES ($1, $2) ON CONFLICT (member) DO UPDATE SET state = excluded.state", p.Member, state)
	return doing("put questioned", err)
}

type remarkWords struct {
	Text   string `json:"t,omitempty"`
	Answer string `json:"a,omitempty"`
}

const remarkColumns = "id, kind, programme, unit, state, question, day, due, votes, words, way_back"

func (t *Tx) scanRemark(r record) (mentoring.Remark, error) {
	k := mentoring.Remark{
		ID: r.int(0), Kind: mentoring.RemarkKind(r.text(1)), Programme: mentoring.Programme(r.text(2)), Unit: mentoring.Unit(r.text(3)),
		State: mentoring.RemarkState(r.text(4)), Question: r.int(5), Day: r.time(6), Due: r.time(7), Votes: int(r.int(8)),
	}
	var w remarkWords
	if err := t.openJSON(place{column: "remark.words", id: k.ID}, r.view(9), &w); err != nil {
		return k, err
	}
	k.Text, k.Answer = w.Text, w.Answer
	if sealed := r.view(10); len(sealed) > 0 {
		writer, err := t.s.keys.open(place{column: "remark.way_back", id: k.ID}, sealed)
		if err != nil {
			return k, err
		}
		if len(writer) == 8 {
			k.Writer = mentoring.MemberID(binary.BigEndian.Uint64(writer))
		}
	}
	return k, nil
}

// Remark implements [mentoring.Tx].
func (t *Tx) Remark(id int64) (mentoring.Remark, error) {
	r, err := single(t, "SELECT "+remarkColumns+" FROM remark WHERE id = $1", t.scanRemark, id)
	return r, doing("remark", err)
}

// Remarks implements [mentoring.Tx].
func (t *Tx) Remarks(p mentoring.Programme, u mentoring.Unit, limit int, states ...mentoring.RemarkState) (all []mentoring.Remark, err error) {
	for _, state := range states {
		list, err := collect(t, "SELECT "+remarkColumns+" FROM remark WHERE state = $1 AND programme = $2 AND unit = $3 ORDER BY id DESC LIMIT $4",
			t.scanRemark, state, p, u, limit)
		if err != nil {
			return nil, doing("remarks", err)
		}
		all = append(all, list...)
	}
	return all[:min(limit, len(all))], nil
}

// Ideas implements [mentoring.Tx].
func (t *Tx) Ideas(p mentoring.Programme, u mentoring.Unit, limit int) ([]mentoring.Remark, error) {
	list, err := collect(t, "SELECT "+remarkColumns+` FROM remark WHERE (state = $1 OR state = $2) AND programme = $3 AND unit = $4
		ORDER BY votes DESC, id DESC LIMIT $5`, t.scanRemark, mentoring.RemarkShown, mentoring.RemarkAnswered, p, u, limit)
	return list, doing("ideas", err)
}

// DueRemarks implements [mentoring.Tx].
func (t *Tx) DueRemarks(now time.Time, limit int) ([]mentoring.Remark, error) {
	list, err := collect(t, "SELECT "+remarkColumns+" FROM remark WHERE due > 0 AND due <= $1 ORDER BY due, id LIMIT $2", t.scanRemark, now, limit)
	return list, doing("due remarks", err)
}

// PutRemark implements [mentoring.Tx].
func (t *Tx) PutRemark(r *mentoring.Remark) error {
	if err := t.writing(); err != nil {
		return err
	}
	if r.ID == 0 {
		r.ID = t.newID(seqRemark)
		t.undo(func() { r.ID = 0 })
	}
	words, err := t.sealJSON(place{column: "remark.words", id: r.ID}, remarkWords{r.Text, r.Answer})
	if err != nil {
		return doing("put remark", err)
	}
	writer := []byte{}
	if r.Writer != 0 {
		writer = t.s.keys.seal(place{column: "remark.way_back", id: r.ID}, binary.BigEndian.AppendUint64(nil, uint64(r.Writer)))
	}
	_, err = t.exec("INSERT INTO remark ("+remarkColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, due = excluded.due, votes = excluded.votes, words = excluded.words, way_back = excluded.way_back`,
		r.ID, r.Kind, r.Programme, r.Unit, r.State, r.Question, r.Day, r.Due, r.Votes, words, writer)
	return doing("put remark", err)
}

// DeleteRemark implements [mentoring.Tx].
func (t *Tx) DeleteRemark(id int64) error {
	if _, err := t.exec("DELETE FROM vote WHERE idea = $1", id); err != nil {
		return doing("delete votes", err)
	}
	return doing("delete remark", t.change("DELETE FROM remark WHERE id = $1", id))
}

// voter is what a member's vote for an idea is known by: it leads to neither
// without the key, and two votes of one member have nothing in common.
func (t *Tx) voter(idea int64, m mentoring.MemberID) []byte {
	return t.s.Hash("vote", string(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(idea)), uint64(m))))
}

// AddVote implements [mentoring.Tx].
func (t *Tx) AddVote(idea int64, m mentoring.MemberID) (fresh bool, err error) {
	voter := t.voter(idea, m)
	before, err := collect(t, "SELECT idea FROM vote WHERE idea = $1 AND voter = $2", func(r record) (int64, error) { return r.int(0), nil }, idea, voter)
	if err != nil || len(before) > 0 {
		return false, doing("vote", err)
	}
	_, err = t.exec("INSERT INTO vote (idea, voter) VALUES ($1, $2)", idea, voter)
	return true, doing("vote", err)
}

// eraseRemarks ends what leads from remarks and votes to a member. What they
// wrote stays, without them: nobody could tell which it is.
func (t *Tx) eraseRemarks(id mentoring.MemberID) error {
	list, err := collect(t, "SELECT "+remarkColumns+" FROM remark WHERE length(way_back) > 0 ORDER BY id", t.scanRemark)
	if err != nil {
		return err
	}
	for i := range list {
		if r := &list[i]; r.Writer == id {
			r.Writer = 0
			if err := t.PutRemark(r); err != nil {
				return err
			}
		}
	}
	ideas, err := collect(t, "SELECT id FROM remark WHERE kind = $1 ORDER BY id", func(r record) (int64, error) { return r.int(0), nil }, mentoring.RemarkIdea)
	if err != nil {
		return err
	}
	for _, idea := range ideas {
		if _, err := t.exec("DELETE FROM vote WHERE idea = $1 AND voter = $2", idea, t.voter(idea, id)); err != nil {
			return err
		}
	}
	return nil
}
