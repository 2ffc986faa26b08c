package mentoring

import "time"

// Tx is the storage that the domain needs: one transaction, ended by whoever
// began it. Look-ups of one thing return ErrNotFound. Put inserts when the ID
// is zero (and sets it) and updates otherwise. Lists are in a stable order, by
// ID unless said otherwise.
type Tx interface {
	Member(MemberID) (Member, error)
	MemberByAddress(address string) (Member, error)
	PutMember(*Member) error
	// UnfinishedMembers lists who has not finished joining, is not being
	// forgotten, and has not changed since silent; at most limit. Whoever has had
	// any membership but an invited mentor's, part in a conversation or case is left out. With a zero
	// warned it lists those who have not been warned, else those who were warned
	// then or before.
	UnfinishedMembers(silent, warned time.Time, limit int) ([]Member, error)
	// InactiveMembers lists members whose memberships that have not ended are all
	// a mentee's, and who have given no sign since silent, neither to the bot nor
	// in a conversation, for those who ever wrote to anybody or for those who
	// never did; warned and limit as with UnfinishedMembers.
	InactiveMembers(wrote bool, silent, warned time.Time, limit int) ([]Member, error)
	// DeleteMember removes a member who has no membership but an invited mentor's,
	// no part in a conversation and no case, with their own rooms and what the bot
	// asked them.
	DeleteMember(MemberID) error
	// KeptOf is everything that is kept about a member.
	KeptOf(MemberID) ([]Kept, error)

	Membership(MembershipID) (Membership, error)
	Memberships(MemberID) ([]Membership, error)
	// MembershipsOf lists all memberships of a role in a programme, ended ones left out.
	MembershipsOf(Programme, Role) ([]Membership, error)
	PutMembership(*Membership) error

	Card(MembershipID) (Card, error)
	PutCard(*Card) error
	// PutCardVersion adds to the history of a card, of which the newest are kept;
	// CardVersions lists it, the newest first.
	PutCardVersion(*CardVersion) error
	CardVersions(MembershipID) ([]CardVersion, error)
	Preparation(MembershipID) (Preparation, error)
	PutPreparation(*Preparation) error
	// Topics are those of a programme that staff keep, by position, retired ones
	// included; none until staff first change the list.
	Topics(Programme) ([]Topic, error)
	PutTopic(*Topic) error
	// PutText puts a text in force and keeps those before it (it never has an ID);
	// TextHistory lists them, the newest first.
	PutText(*TextVersion) error
	TextHistory(key string, lang Language, p Programme, u Unit) ([]TextVersion, error)
	Services(Programme) ([]Service, error)
	PutService(*Service) error
	DeleteService(int64) error
	// Announcements are those that are not over, DueAnnouncements those whose Due
	// has come, at most limit. Audience lists the members who have joined and have
	// a membership of one of the roles that is going on, by ID after one, at most limit.
	Announcement(int64) (Announcement, error)
	Announcements() ([]Announcement, error)
	DueAnnouncements(now time.Time, limit int) ([]Announcement, error)
	PutAnnouncement(*Announcement) error
	Audience(p Programme, u Unit, roles []Role, after MemberID, limit int) ([]Member, error)
	CountAudience(p Programme, u Unit, roles []Role) (int, error)
	// People lists the members whom a filter names but for its words, the newest first.
	People(f PeopleFilter, limit int) ([]Member, error)
	// Undone is what a staff member did last; PutUndone with nil forgets it.
	Undone(MemberID) (Undone, error)
	PutUndone(MemberID, *Undone) error
	CannedTexts(Programme) ([]Canned, error) // by key
	PutCanned(*Canned) error
	DeleteCanned(int64) error
	// AddReply adds one to a mentor's first replies of a day in a bucket, and
	// forgets those of days before another; Replies sums them by bucket from a day on.
	AddReply(id MembershipID, day, bucket, before int) error
	Replies(id MembershipID, since int) (map[int]int, error)
	Asking(AskingID) (Asking, error)
	// AskingOf is what a member asks that mentors may still take.
	AskingOf(MemberID) (Asking, error)
	PutAsking(*Asking) error
	// DueAskings lists those whose Due has come, at most limit.
	DueAskings(now time.Time, limit int) ([]Asking, error)
	DeleteAsking(AskingID) error // with its offers
	PutOffer(*AskingOffer) error
	Offers(AskingID) ([]AskingOffer, error)
	// OfferUnder is the offer to a member under that menu.
	OfferUnder(m MemberID, menu int64) (AskingOffer, error)
	Availability(MembershipID) (Availability, error)
	PutAvailability(*Availability) error
	// DueAvailabilities lists those who are away until a time that has come
	// (AwayUntil set and not after now), at most limit.
	DueAvailabilities(now time.Time, limit int) ([]Availability, error)
	// Listings are the mentors of a programme whose membership is active and
	// whose card is approved, away or full ones included. The values are shared:
	// never change them.
	Listings(Programme) ([]*Listing, error)

	Conversation(ConversationID) (*Conversation, error)
	ConversationOf(ParticipantID) (*Conversation, error)
	// ConversationsOf lists a member's conversations that have not been
	// emptied, the oldest first.
	ConversationsOf(MemberID) ([]*Conversation, error)
	// DueConversations lists those whose Due has come, at most limit.
	DueConversations(now time.Time, limit int) ([]*Conversation, error)
	PutConversation(*Conversation) error // with its participants

	Case(CaseID) (Case, error)
	Cases(states ...CaseState) ([]Case, error)
	PutCase(*Case) error
	// CasesOf lists what a member opened and what is about them, expired ones left
	// out; DueCases those whose Due has come, at most limit.
	CasesOf(MemberID) ([]Case, error)
	DueCases(now time.Time, limit int) ([]Case, error)
	PutNote(*Note) error
	Notes(CaseID) ([]Note, error)
	Snapshot(SnapshotID) (Snapshot, error)
	Snapshots(CaseID) ([]Snapshot, error)
	PutSnapshot(*Snapshot) error
	// DropDrafts deletes snapshots that were not given: a member's, or, with 0,
	// everybody's of that time and before.
	DropDrafts(m MemberID, before time.Time) error
	// Duty is the child-welfare summary of a case; DueDuties lists those whose Due
	// has come, at most limit. DeleteDuty of what is not there is no error.
	Duty(CaseID) (Duty, error)
	PutDuty(*Duty) error
	DueDuties(now time.Time, limit int) ([]Duty, error)
	DeleteDuty(CaseID) error
	// DropCasework deletes a case's notes, snapshots, questions and child-welfare summary.
	DropCasework(CaseID) error
	Joint(JointID) (Joint, error)
	// JointOf is what a member has been asked last and has not answered, JointsOf
	// what was asked about a case, JointUnder what a member was asked under a menu.
	JointOf(MemberID) (Joint, error)
	JointsOf(CaseID) ([]Joint, error)
	JointUnder(m MemberID, menu int64) (Joint, error)
	DueJoints(now time.Time, limit int) ([]Joint, error)
	PutJoint(*Joint) error

	Measure(MeasureID) (Measure, error)
	MeasuresOf(MemberID) ([]Measure, error)
	Measures(states ...MeasureState) ([]Measure, error)
	// DueMeasures lists those whose Due has come, at most limit.
	DueMeasures(now time.Time, limit int) ([]Measure, error)
	PutMeasure(*Measure) error
	DeleteMeasure(MeasureID) error
	// PutBan keeps an address out, also when nothing else is known of it any more;
	// the store keeps a keyed hash of it. DropBan of what is not there is no error.
	PutBan(address string, at time.Time) error
	DropBan(address string) error
	Banned(address string) (bool, error)

	Trouble(TroubleKind) (Trouble, error)
	PutTrouble(*Trouble) error
	DropTrouble(TroubleKind) error
	DueTroubles(now time.Time) ([]Trouble, error) // whose Until has come

	Alarm(CaseID) (Alarm, error)
	PutAlarm(*Alarm) error
	DropAlarm(CaseID) error // with its calls; that there is none is no error
	// DueAlarms lists those whose Due has come, at most limit.
	DueAlarms(now time.Time, limit int) ([]Alarm, error)
	// AlarmUnder is the case that a line with that menu calls staff for.
	AlarmUnder(menu int64) (CaseID, error)
	PutAlarmCall(menu int64, id CaseID) error

	StaffRooms() ([]StaffRoom, error)
	PutStaffRoom(*StaffRoom) error

	// Code finds an unused, unexpired or used code by its words; the store
	// hashes it (keyed) and keeps no more.
	Code(code string) (Code, error)
	PutCode(code string, c *Code) error
	// CodesBy lists the codes that a member gave, the newest first, at most limit.
	CodesBy(giver MemberID, limit int) ([]Code, error)

	// PhraseByLocator and PhraseOf find a recovery phrase; PutPhrase replaces the
	// member's. The store hashes the locator (keyed) and seals the hash.
	PhraseByLocator(locator string) (PhraseRecord, error)
	PhraseOf(MemberID) (PhraseRecord, error)
	PutPhrase(locator string, p PhraseRecord) error
	MoveRequest(newcomer MemberID) (MoveRequest, error)
	PutMoveRequest(MoveRequest) error
	DropMoveRequest(newcomer MemberID) error
	// Attempts are the wrong tries under a key, none when there were none.
	Attempts(key string) (Attempts, error)
	PutAttempts(key string, t Attempts) error

	Blocked(a, b MemberID) (bool, error) // in either direction
	PutBlock(by, whom MemberID, at time.Time) error
	// Blocks lists everybody with whom a member has a block, in either direction.
	Blocks(MemberID) ([]MemberID, error)

	// Told says whether a member has been told something that is told once.
	Told(m MemberID, what string) (bool, error)
	PutTold(m MemberID, what string) error

	// Shows lists the signs that a member wants to show; PutShows replaces them.
	Shows(MemberID) ([]Sign, error)
	PutShows(MemberID, []Sign) error

	// Count adds n to a counter; kept with the transaction.
	Count(c Counter, n int64) error
	// Counters lists the values of a counter for all periods, programmes and units,
	// by period.
	Counters(CounterName) ([]Counted, error)

	DropBlock(by, whom MemberID) error

	// HandOver is the question that was asked when a conversation's mentor did
	// not go on; HandOvers are all that a member was asked, DueHandOvers those
	// whose Due has come, at most limit.
	HandOver(ConversationID) (HandOver, error)
	HandOvers(MemberID) ([]HandOver, error)
	DueHandOvers(now time.Time, limit int) ([]HandOver, error)
	PutHandOver(*HandOver) error

	// SupervisionsOf lists the meetings of a programme's and unit's mentors, the
	// newest first, at most limit; DueSupervisions those whose Due has come.
	// ForgetSupervisions deletes those that ended before, with their seats.
	Supervision(SupervisionID) (Supervision, error)
	SupervisionsOf(p Programme, u Unit, limit int) ([]Supervision, error)
	DueSupervisions(now time.Time, limit int) ([]Supervision, error)
	PutSupervision(*Supervision) error
	ForgetSupervisions(p Programme, u Unit, before time.Time) error
	// Seats are those of a meeting; SeatUnder is the one that a menu of a member's
	// is about; SeatsOf are a mentor's, the newest meeting first, at most limit.
	Seats(SupervisionID) ([]Seat, error)
	SeatUnder(m MemberID, menu int64) (Seat, error)
	SeatsOf(s MembershipID, limit int) ([]Seat, error)
	DueSeats(now time.Time, limit int) ([]Seat, error)
	PutSeat(*Seat) error

	// Tally adds to a figure of one membership in a month ("2026-11"); Tallies
	// are the figures of a month.
	Tally(s MembershipID, month string, name TallyName, n int64) error
	Tallies(s MembershipID, month string) (map[TallyName]int64, error)

	// Undigested lists the active and paused mentors of a programme, made before
	// a moment, who have no TallyDigest of a month; at most limit.
	Undigested(p Programme, month string, before time.Time, limit int) ([]Membership, error)

	// Questions are the wordings of a programme that have not been replaced, by
	// number; Question is any of them, and WordingOf. PutQuestion gives a number,
	// too, when that is 0.
	Questions(Programme) ([]Question, error)
	Question(id int64) (Question, error)
	WordingOf(number int64, version int) (Question, error)
	PutQuestion(*Question) error
	// MembershipsAfter lists memberships of a role with a higher ID, ended ones
	// included; at most limit.
	MembershipsAfter(p Programme, r Role, after MembershipID, limit int) ([]Membership, error)
	// PromptsOf are the questions with one membership; DuePrompts those of everybody
	// whose Due has come, the longest due first, at most limit.
	PromptsOf(MembershipID) ([]Prompt, error)
	DuePrompts(now time.Time, limit int) ([]Prompt, error)
	PutPrompt(*Prompt) error
	// AddSent counts a message that somebody sent in a conversation; Sent is how
	// many those are. SentDue lists who has sent as many as one of their Prompt
	// waits for, at most limit.
	AddSent(MembershipID) error
	Sent(MembershipID) (int64, error)
	SentDue(limit int) ([]MembershipID, error)
	// Questioned is what a person has to do with questions; the zero value with
	// their number when they had nothing yet.
	Questioned(MemberID) (Questioned, error)
	PutQuestioned(*Questioned) error

	// Remarks are those of a unit in some states, the newest first, at most limit;
	// Ideas the ideas that everybody sees, those with the most votes first.
	// DueRemarks lists those whose Due has come.
	Remark(int64) (Remark, error)
	Remarks(p Programme, u Unit, limit int, states ...RemarkState) ([]Remark, error)
	Ideas(p Programme, u Unit, limit int) ([]Remark, error)
	DueRemarks(now time.Time, limit int) ([]Remark, error)
	PutRemark(*Remark) error
	DeleteRemark(int64) error // with its votes
	// AddVote keeps that a member has voted for an idea, by a keyed hash of the
	// two; fresh is false when they had before.
	AddVote(idea int64, m MemberID) (fresh bool, err error)

	// Dialogue is what the bot is asking a member now, opaque to the domain and
	// sealed at rest; nil when nothing is asked.
	Dialogue(MemberID) ([]byte, error)
	PutDialogue(MemberID, []byte) error
	// Setting is a value kept under a key, "" when there is none; PutSetting
	// with "" removes it. Sealed at rest.
	Setting(key string) (string, error)
	PutSetting(key, value string) error

	// HeldOf lists what is held of a participant, the oldest first. DueHeld lists
	// those whose time is over, at most limit. DeleteHeld of what is not there is
	// no error.
	Held(id int64) (Held, error)
	HeldOf(ParticipantID) ([]Held, error)
	DueHeld(now time.Time, limit int) ([]Held, error)
	PutHeld(*Held) error
	DeleteHeld(id int64) error

	// Access is one that is not over; DueAccesses lists those whose Due has come,
	// at most limit. DeleteAccess of what is not there is no error.
	Access(AccessID) (Access, error)
	DueAccesses(now time.Time, limit int) ([]Access, error)
	PutAccess(*Access) error
	DeleteAccess(AccessID) error

	// Totp is that a member has one-time codes. DeleteTotp of what is not there is
	// no error.
	Totp(MemberID) (Totp, error)
	PutTotp(*Totp) error
	DeleteTotp(MemberID) error

	// AppendAudit adds an entry: it sets its Number, Previous and Hash, and keeps
	// its reason apart. Nothing changes or deletes an entry.
	AppendAudit(*AuditEntry) error
	// AuditHead is that of the newest entry, the zero value when there is none.
	AuditHead() (AuditHead, error)
	// AuditEntries lists the entries after a number, by number, at most limit.
	AuditEntries(after int64, limit int) ([]AuditEntry, error)
	// AuditCounts says how often each action was done from a moment until before
	// another.
	AuditCounts(from, until time.Time) (map[AuditAction]int64, error)
	// DropAuditReasons forgets the reasons that were given before a moment.
	DropAuditReasons(before time.Time) error

	// NewID gives a number that was never given before (menus).
	NewID() int64
}
