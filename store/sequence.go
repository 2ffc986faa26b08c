package store

// sequence names a series of row IDs.
type sequence int

const (
	seqMember sequence = iota
	seqMembership
	seqConversation
	seqParticipant
	seqCase
	seqStaffRoom
	seqRoom
	seqQueue
	seqMenu
	seqTopic
	seqText
	seqService
	seqAnnouncement
	seqUpload
	seqPoll
	seqVersion
	seqAsking
	seqCanned
	seqSupervision
	seqMeasure
	seqQuestion
	seqPrompt
	seqRemark
	seqAccess
	seqNote
	seqSnapshot
	seqJoint
	sequenceCount
)

// series says where a sequence's rows are, and how many IDs are reserved in
// the database at once: what is not used up when the process ends is lost.
type series struct {
	name, highest string
	block         int64
}

func allSeries() [sequenceCount]series {
	return [sequenceCount]series{
		seqMember:       {"member", "SELECT coalesce(max(id), 0) FROM member", 8},
		seqMembership:   {"membership", "SELECT coalesce(max(id), 0) FROM membership", 8},
		seqConversation: {"conversation", "SELECT coalesce(max(id), 0) FROM conversation", 8},
		seqParticipant:  {"participant", "SELECT coalesce(max(id), 0) FROM participant", 16},
		seqCase:         {"case", "SELECT coalesce(max(id), 0) FROM cases", 1},
		seqStaffRoom:    {"staff_room", "SELECT coalesce(max(id), 0) FROM staff_room", 1},
		seqRoom:         {"room", "SELECT coalesce(max(id), 0) FROM room", 16},
		seqQueue:        {"queue", "SELECT coalesce(max(id), 0) FROM queue", 4096},
		seqMenu:         {"menu", "SELECT 0", 256},
		seqTopic:        {"topic", "SELECT coalesce(max(id), 0) FROM topic", 1},
		seqService:      {"service", "SELECT coalesce(max(id), 0) FROM service", 1},
		seqAnnouncement: {"announcement", "SELECT coalesce(max(id), 0) FROM announcement", 1},
		seqText:         {"text", "SELECT coalesce(max(id), 0) FROM text_override", 1},
		seqUpload:       {"upload", "SELECT coalesce(max(id), 0) FROM upload", 16},
		seqPoll:         {"poll", "SELECT coalesce(max(id), 0) FROM poll", 4},
		seqMeasure:      {"measure", "SELECT coalesce(max(id), 0) FROM measure", 1},
		seqAccess:       {"access", "SELECT coalesce(max(id), 0) FROM access", 1},
		seqCanned:       {"canned", "SELECT coalesce(max(id), 0) FROM canned", 1},
		seqSupervision:  {"supervision", "SELECT coalesce(max(id), 0) FROM supervision", 1},
		seqQuestion:     {"question", "SELECT coalesce(max(id), 0) FROM question", 1},
		seqPrompt:       {"prompt", "SELECT coalesce(max(id), 0) FROM prompt", 64},
		seqRemark:       {"remark", "SELECT coalesce(max(id), 0) FROM remark", 1},
		seqAsking:       {"asking", "SELECT coalesce(max(id), 0) FROM asking", 1},
		seqNote:         {"case_note", "SELECT coalesce(max(id), 0) FROM case_note", 4},
		seqSnapshot:     {"snapshot", "SELECT coalesce(max(id), 0) FROM snapshot", 4},
		seqJoint:        {"joint", "SELECT coalesce(max(id), 0) FROM joint", 1},
		seqVersion:      {"card_history", "SELECT coalesce(max(id), 0) FROM card_history", 8},
	}
}

// sequences gives row IDs inside the process, so that a row's ID is known
// before the row is sealed to it. It belongs to the gate's goroutine.
type sequences struct {
	series   [sequenceCount]series
	last     [sequenceCount]int64 // given
	reserved [sequenceCount]int64 // in the database, once the group is committed
	written  [sequenceCount]int64 // in this group's transaction
	kept     [sequenceCount]int64 // committed
}

func loadSequences(l *link) (*sequences, error) {
	q := &sequences{series: allSeries()}
	for i, s := range q.series {
		highest, err := l.number(s.highest)
		if err != nil {
			return nil, err
		}
		reserved, err := l.number("SELECT coalesce(max(reserved), 0) FROM high_water WHERE name = $1", s.name)
		if err != nil {
			return nil, err
		}
		q.last[i] = max(highest, reserved)
		q.reserved[i], q.written[i], q.kept[i] = q.last[i], q.last[i], q.last[i]
	}
	return q, nil
}

func (q *sequences) next(s sequence) int64 {
	q.last[s]++
	if q.last[s] > q.reserved[s] {
		q.reserved[s] = q.last[s] + q.series[s].block - 1
	}
	return q.last[s]
}

// flush reserves what was begun in this group.
func (q *sequences) flush(l *link) error {
	for i, s := range q.series {
		if q.reserved[i] == q.written[i] {
			continue
		}
		_, err := l.exec("INSERT INTO high_water (name, reserved) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET reserved = excluded.reserved",
			s.name, q.reserved[i])
		if err != nil {
			return err
		}
		q.written[i] = q.reserved[i]
	}
	return nil
}

func (q *sequences) committed()  { q.kept = q.written }
func (q *sequences) rolledBack() { q.written = q.kept }
