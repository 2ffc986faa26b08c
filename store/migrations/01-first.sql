-- v0 -> v1: The first schema
-- Times are Unix milliseconds, 0 = none. Columns marked "sealed" are AES-256-GCM (seal.go).

CREATE TABLE setting (
	name  TEXT  NOT NULL PRIMARY KEY,
	value BYTEA NOT NULL -- sealed
);

-- Row IDs are given by the process that owns the database. They are reserved
-- in blocks, so that none is ever given twice, whatever has been deleted.
CREATE TABLE high_water (
	name     TEXT   NOT NULL PRIMARY KEY,
	reserved BIGINT NOT NULL
);

CREATE TABLE member (
	id           INTEGER  NOT NULL PRIMARY KEY,
	address      BYTEA    NOT NULL, -- sealed
	address_hash BYTEA    UNIQUE, -- keyed; NULL when there is no address
	language     TEXT     NOT NULL,
	alias        BYTEA    NOT NULL, -- sealed
	join_state   TEXT     NOT NULL,
	consent      INTEGER  NOT NULL,
	consent_at   BIGINT   NOT NULL,
	trial        SMALLINT NOT NULL,
	created      BIGINT   NOT NULL,
	changed      BIGINT   NOT NULL, -- of who has not finished joining: their last sign
	warned       BIGINT   NOT NULL, -- that they will be forgotten
	unit         TEXT     NOT NULL, -- of whoever referred them
	topic        TEXT     NOT NULL,
	account      BYTEA    NOT NULL -- sealed
);
CREATE INDEX member_changed ON member (changed);
CREATE INDEX member_unfinished ON member (changed) WHERE join_state <> 'joined' AND join_state <> 'forgotten';

CREATE TABLE membership (
	id            INTEGER NOT NULL PRIMARY KEY,
	member        INTEGER NOT NULL REFERENCES member (id),
	programme     TEXT    NOT NULL,
	unit          TEXT    NOT NULL,
	role          TEXT    NOT NULL,
	state         TEXT    NOT NULL,
	created       BIGINT  NOT NULL,
	first_message BIGINT  NOT NULL,
	wrote         BIGINT  NOT NULL -- a day: the first in the last week or month in which they did
);
CREATE INDEX membership_member ON membership (member);
CREATE INDEX membership_role ON membership (programme, role, id);

CREATE TABLE card (
	membership INTEGER NOT NULL PRIMARY KEY REFERENCES membership (id),
	state      TEXT    NOT NULL,
	kind       TEXT    NOT NULL,
	words      BYTEA   NOT NULL, -- sealed
	updated    BIGINT  NOT NULL
);

CREATE TABLE card_history (
	id         INTEGER NOT NULL PRIMARY KEY,
	membership INTEGER NOT NULL REFERENCES membership (id),
	author     INTEGER NOT NULL,
	step       TEXT    NOT NULL,
	changed    BIGINT  NOT NULL,
	state      TEXT    NOT NULL,
	kind       TEXT    NOT NULL,
	words      BYTEA   NOT NULL -- sealed
);
CREATE INDEX card_history_membership ON card_history (membership);

CREATE TABLE preparation (
	membership INTEGER NOT NULL PRIMARY KEY REFERENCES membership (id),
	guide      BIGINT  NOT NULL, -- steps that have been read, one bit each
	guide_done BIGINT  NOT NULL,
	round      BYTEA   NOT NULL, -- sealed
	trained    BIGINT  NOT NULL,
	checked    BIGINT  NOT NULL, -- the day on which a background check was shown
	checked_by INTEGER NOT NULL,
	listed     BIGINT  NOT NULL
);

CREATE TABLE availability (
	membership INTEGER  NOT NULL PRIMARY KEY REFERENCES membership (id),
	capacity   INTEGER  NOT NULL,
	away       SMALLINT NOT NULL,
	away_until BIGINT   NOT NULL,
	away_text  BYTEA    NOT NULL, -- sealed
	hours      TEXT     NOT NULL,
	free_until BIGINT   NOT NULL,
	ceiling    INTEGER  NOT NULL
);
CREATE INDEX availability_away ON availability (away_until) WHERE away_until > 0;

CREATE TABLE conversation (
	id        INTEGER  NOT NULL PRIMARY KEY,
	kind      TEXT     NOT NULL,
	programme TEXT     NOT NULL,
	unit      TEXT     NOT NULL,
	state     TEXT     NOT NULL,
	case_id   INTEGER  NOT NULL,
	trial     SMALLINT NOT NULL,
	created   BIGINT   NOT NULL,
	due       BIGINT   NOT NULL,
	last_talk BIGINT   NOT NULL,
	ended     BIGINT   NOT NULL,
	wait_since BIGINT NOT NULL, -- the first message that the mentor has not answered
	wait_done SMALLINT NOT NULL,
	purge     BIGINT   NOT NULL, -- when it goes for good because somebody asked for it
	emptied   SMALLINT NOT NULL DEFAULT 0
);
CREATE INDEX conversation_due ON conversation (due) WHERE due > 0;

CREATE TABLE participant (
	id           INTEGER NOT NULL PRIMARY KEY,
	conversation INTEGER NOT NULL REFERENCES conversation (id),
	number       INTEGER NOT NULL,
	member       INTEGER NOT NULL REFERENCES member (id),
	membership   INTEGER REFERENCES membership (id),
	role         TEXT    NOT NULL,
	alias        BYTEA   NOT NULL, -- sealed
	presence     TEXT    NOT NULL,
	awake_until  BIGINT  NOT NULL, -- they wrote, and read until then, whatever their hours
	archived     BIGINT  NOT NULL, -- since when their leg is quiet
	blocking     BIGINT  NOT NULL, -- since when they block the others here
	thanked      BIGINT  NOT NULL,
	wrote        BIGINT  NOT NULL, -- see membership.wrote
	barred       BIGINT  NOT NULL, -- since when nothing goes to or from them
	UNIQUE (conversation, number)
);
CREATE INDEX participant_member ON participant (member);
CREATE INDEX participant_membership ON participant (membership);

CREATE TABLE cases (
	id           INTEGER NOT NULL PRIMARY KEY,
	kind         TEXT    NOT NULL,
	programme    TEXT    NOT NULL,
	unit         TEXT    NOT NULL,
	state        TEXT    NOT NULL,
	opener       INTEGER REFERENCES member (id), -- NULL when expired
	opener_role  TEXT    NOT NULL,
	conversation INTEGER REFERENCES conversation (id),
	claimed_by   INTEGER REFERENCES member (id),
	talk         INTEGER REFERENCES conversation (id),
	created      BIGINT  NOT NULL,
	changed      BIGINT  NOT NULL,
	about        INTEGER REFERENCES member (id),
	reason       BYTEA   NOT NULL, -- sealed
	contact      SMALLINT NOT NULL, -- the opener may be contacted
	outcome      TEXT    NOT NULL,
	joint        INTEGER REFERENCES conversation (id),
	due          BIGINT  NOT NULL, -- of a reminder, of the end
	reminded     INTEGER NOT NULL,
	closed       BIGINT  NOT NULL
);
CREATE INDEX cases_state ON cases (state);
CREATE INDEX cases_due ON cases (due) WHERE due > 0;
CREATE INDEX cases_opener ON cases (opener);
CREATE INDEX cases_about ON cases (about);

-- What staff write for each other about a case; gone when the case expires.
CREATE TABLE case_note (
	id      INTEGER NOT NULL PRIMARY KEY,
	case_id INTEGER NOT NULL REFERENCES cases (id),
	author  INTEGER NOT NULL,
	words   BYTEA   NOT NULL, -- sealed
	created BIGINT  NOT NULL
);
CREATE INDEX case_note_case ON case_note (case_id);

-- What staff wrote down for child welfare; gone after some days, and with the case.
CREATE TABLE duty (
	case_id INTEGER NOT NULL PRIMARY KEY REFERENCES cases (id),
	writer  INTEGER NOT NULL, -- 0: deleted
	state   TEXT    NOT NULL,
	words   BYTEA   NOT NULL, -- sealed
	created BIGINT  NOT NULL,
	due     BIGINT  NOT NULL
);
CREATE INDEX duty_due ON duty (due);

-- What a reporter chose to give to staff, as it read then. Without a case it is
-- not given yet, and goes after a day.
CREATE TABLE snapshot (
	id           INTEGER  NOT NULL PRIMARY KEY,
	case_id      INTEGER  REFERENCES cases (id),
	member       INTEGER  NOT NULL,
	conversation INTEGER  NOT NULL REFERENCES conversation (id),
	state        TEXT     NOT NULL,
	words        BYTEA    NOT NULL, -- sealed
	shown        INTEGER  NOT NULL, -- messages of it in the staff room
	created      BIGINT   NOT NULL
);
CREATE INDEX snapshot_case ON snapshot (case_id);
CREATE INDEX snapshot_member ON snapshot (member);

-- The question to everybody concerned whether they want to talk together.
CREATE TABLE joint (
	id      INTEGER NOT NULL PRIMARY KEY,
	case_id INTEGER NOT NULL REFERENCES cases (id),
	guest   INTEGER NOT NULL, -- membership of an outside professional; 0: the peer
	minutes INTEGER NOT NULL, -- how long it lasts; 0: until somebody ends it
	state   TEXT    NOT NULL,
	due     BIGINT  NOT NULL,
	created BIGINT  NOT NULL
);
CREATE INDEX joint_case ON joint (case_id);
CREATE INDEX joint_due ON joint (due) WHERE due > 0;

CREATE TABLE joint_consent (
	joint  INTEGER  NOT NULL REFERENCES joint (id),
	member INTEGER  NOT NULL,
	menu   BIGINT   NOT NULL PRIMARY KEY,
	answer SMALLINT NOT NULL -- 0: none yet, 1: yes, 2: no
);
CREATE INDEX joint_consent_joint ON joint_consent (joint);
CREATE INDEX joint_consent_member ON joint_consent (member);

-- Staff are called because of an urgent case until somebody answers. A call is a
-- line with a menu, in a room of somebody's or of the staff.
CREATE TABLE alarm (
	case_id INTEGER NOT NULL PRIMARY KEY REFERENCES cases (id),
	wave    INTEGER NOT NULL,
	due     BIGINT  NOT NULL
);
CREATE INDEX alarm_due ON alarm (due);

CREATE TABLE alarm_call (
	menu    BIGINT  NOT NULL PRIMARY KEY,
	case_id INTEGER NOT NULL REFERENCES cases (id)
);
CREATE INDEX alarm_call_case ON alarm_call (case_id);

-- What staff have been told of each kind of trouble with the service, lately.
CREATE TABLE trouble (
	kind  TEXT    NOT NULL PRIMARY KEY,
	until BIGINT  NOT NULL,
	lasts BIGINT  NOT NULL, -- milliseconds
	more  INTEGER NOT NULL
);

-- What staff have done about somebody: a warning, a suspension, a ban.
CREATE TABLE measure (
	id         INTEGER NOT NULL PRIMARY KEY,
	kind       TEXT    NOT NULL,
	state      TEXT    NOT NULL,
	member     INTEGER NOT NULL REFERENCES member (id),
	membership INTEGER NOT NULL REFERENCES membership (id),
	programme  TEXT    NOT NULL,
	unit       TEXT    NOT NULL,
	author     INTEGER NOT NULL,
	words      BYTEA   NOT NULL, -- sealed
	created    BIGINT  NOT NULL,
	review     BIGINT  NOT NULL,
	due        BIGINT  NOT NULL
);
CREATE INDEX measure_member ON measure (member);
CREATE INDEX measure_due ON measure (due) WHERE due > 0;

-- Accounts that cannot come back. It outlives the member.
CREATE TABLE ban (
	address_hash BYTEA  NOT NULL PRIMARY KEY, -- keyed
	since        BIGINT NOT NULL
);

CREATE TABLE canned (
	id        INTEGER NOT NULL PRIMARY KEY,
	programme TEXT    NOT NULL,
	unit      TEXT    NOT NULL,
	name      TEXT    NOT NULL,
	words     BYTEA   NOT NULL, -- sealed
	changed   BIGINT  NOT NULL,
	UNIQUE (programme, unit, name)
);

-- How many first replies of a mentor took how long, by day; kept for 30 days.
-- Help elsewhere, as staff keep it.
CREATE TABLE service (
	id        INTEGER NOT NULL PRIMARY KEY,
	programme TEXT    NOT NULL,
	unit      TEXT    NOT NULL,
	words     BYTEA   NOT NULL, -- sealed: in each language, topics, area
	checked   BIGINT  NOT NULL,
	warned    BIGINT  NOT NULL,
	changed   BIGINT  NOT NULL
);

-- Messages of staff to many people. The words go when everybody has them.
CREATE TABLE announcement (
	id        INTEGER NOT NULL PRIMARY KEY,
	programme TEXT    NOT NULL,
	unit      TEXT    NOT NULL,
	audience  TEXT    NOT NULL,
	words     BYTEA   NOT NULL, -- sealed
	author    INTEGER REFERENCES member (id),
	due       BIGINT  NOT NULL, -- the next part; 0: over
	reached   INTEGER NOT NULL, -- member
	told      INTEGER NOT NULL,
	created   BIGINT  NOT NULL
);
CREATE INDEX announcement_due ON announcement (due) WHERE due > 0;

-- What a staff member did last, and how it was before.
CREATE TABLE undone (
	member INTEGER NOT NULL PRIMARY KEY REFERENCES member (id),
	what   BYTEA   NOT NULL -- sealed
);

CREATE TABLE reply_sample (
	membership INTEGER  NOT NULL REFERENCES membership (id),
	day        INTEGER  NOT NULL, -- since 1970
	bucket     SMALLINT NOT NULL,
	n          INTEGER  NOT NULL,
	PRIMARY KEY (membership, day, bucket)
);

CREATE TABLE asking (
	id        INTEGER NOT NULL PRIMARY KEY,
	member    INTEGER NOT NULL REFERENCES member (id),
	programme TEXT    NOT NULL,
	unit      TEXT    NOT NULL,
	topic     TEXT    NOT NULL,
	words     BYTEA   NOT NULL, -- sealed
	state     TEXT    NOT NULL,
	created   BIGINT  NOT NULL,
	due       BIGINT  NOT NULL
);
CREATE INDEX asking_member ON asking (member);
CREATE INDEX asking_due ON asking (due);

CREATE TABLE asking_offer (
	asking     INTEGER NOT NULL REFERENCES asking (id),
	membership INTEGER NOT NULL REFERENCES membership (id),
	member     INTEGER NOT NULL REFERENCES member (id),
	menu       BIGINT  NOT NULL,
	PRIMARY KEY (asking, membership)
);
CREATE INDEX asking_offer_menu ON asking_offer (member, menu);

CREATE TABLE staff_room (
	id        INTEGER NOT NULL PRIMARY KEY,
	programme TEXT    NOT NULL,
	unit      TEXT    NOT NULL
);

CREATE TABLE code (
	hash      BYTEA    NOT NULL PRIMARY KEY, -- keyed; the code itself is nowhere
	kind      TEXT     NOT NULL,
	programme TEXT     NOT NULL,
	unit      TEXT     NOT NULL,
	topic     TEXT     NOT NULL,
	created   BIGINT   NOT NULL,
	expires   BIGINT   NOT NULL,
	used      SMALLINT NOT NULL,
	giver     INTEGER  NOT NULL DEFAULT 0
);
CREATE INDEX code_giver ON code (giver, created);

-- Recovery phrases: who has which is found by a keyed hash of its first part.
CREATE TABLE phrase (
	member  INTEGER NOT NULL PRIMARY KEY REFERENCES member (id),
	locator BYTEA   NOT NULL UNIQUE, -- keyed hash
	hash    BYTEA   NOT NULL, -- sealed
	created BIGINT  NOT NULL
);

-- Somebody with a phrase of a mentor's or of staff's waits for staff to confirm.
CREATE TABLE move_request (
	newcomer INTEGER NOT NULL PRIMARY KEY REFERENCES member (id),
	member   INTEGER NOT NULL REFERENCES member (id),
	created  BIGINT  NOT NULL
);
CREATE INDEX move_request_member ON move_request (member);

-- Wrong tries at something, by a keyed hash of what.
CREATE TABLE attempt (
	hash    BYTEA   NOT NULL PRIMARY KEY,
	wrong   INTEGER NOT NULL,
	until   BIGINT  NOT NULL,
	changed BIGINT  NOT NULL
);
CREATE INDEX attempt_changed ON attempt (changed);

CREATE TABLE block (
	blocker INTEGER NOT NULL REFERENCES member (id),
	blocked INTEGER NOT NULL REFERENCES member (id),
	since   BIGINT  NOT NULL,
	PRIMARY KEY (blocker, blocked)
);
CREATE INDEX block_blocked ON block (blocked);

CREATE TABLE counter (
	name      TEXT     NOT NULL,
	month     TEXT     NOT NULL,
	about     TEXT     NOT NULL,
	programme TEXT     NOT NULL,
	unit      TEXT     NOT NULL,
	trial     SMALLINT NOT NULL,
	value     BIGINT   NOT NULL,
	PRIMARY KEY (name, month, about, programme, unit, trial)
);

-- What a mentor has done in a month, for their own eyes and the reports.
CREATE TABLE tally (
	membership INTEGER NOT NULL REFERENCES membership (id),
	month      TEXT    NOT NULL,
	name       TEXT    NOT NULL,
	value      BIGINT  NOT NULL,
	PRIMARY KEY (membership, month, name)
);

-- A mentee is asked how they want to go on when their mentor does not.
CREATE TABLE handover (
	conversation INTEGER  NOT NULL PRIMARY KEY REFERENCES conversation (id), -- the former one
	mentee       INTEGER  NOT NULL REFERENCES member (id),
	proposed     INTEGER  REFERENCES membership (id),
	state        TEXT     NOT NULL,
	reminded     SMALLINT NOT NULL,
	created      BIGINT   NOT NULL,
	due          BIGINT   NOT NULL
);
CREATE INDEX handover_mentee ON handover (mentee);
CREATE INDEX handover_due ON handover (due) WHERE due > 0;

-- Meetings of the mentors, and each mentor's part in them: what they have said,
-- and whether they were there. Nothing of what is said there.
CREATE TABLE supervision (
	id           INTEGER NOT NULL PRIMARY KEY,
	programme    TEXT    NOT NULL,
	unit         TEXT    NOT NULL,
	leader       INTEGER REFERENCES member (id), -- NULL when they were deleted
	conversation INTEGER NOT NULL, -- the group; 0 until somebody comes
	state        TEXT    NOT NULL,
	at           BIGINT  NOT NULL,
	until        BIGINT  NOT NULL,
	due          BIGINT  NOT NULL
);
CREATE INDEX supervision_unit ON supervision (programme, unit, id);
CREATE INDEX supervision_due ON supervision (due) WHERE due > 0;

CREATE TABLE supervision_seat (
	supervision INTEGER NOT NULL REFERENCES supervision (id),
	membership  INTEGER NOT NULL REFERENCES membership (id),
	member      INTEGER NOT NULL REFERENCES member (id),
	state       TEXT    NOT NULL,
	menu        BIGINT  NOT NULL,
	due         BIGINT  NOT NULL,
	PRIMARY KEY (supervision, membership)
);
CREATE INDEX supervision_seat_menu ON supervision_seat (member, menu);
CREATE INDEX supervision_seat_of ON supervision_seat (membership, supervision);
CREATE INDEX supervision_seat_due ON supervision_seat (due) WHERE due > 0;

-- What staff ask, a row for each wording (question.go).
CREATE TABLE question (
	id        INTEGER NOT NULL PRIMARY KEY,
	number    INTEGER NOT NULL,
	version   INTEGER NOT NULL,
	programme TEXT    NOT NULL,
	unit      TEXT    NOT NULL,
	role      TEXT    NOT NULL,
	state     TEXT    NOT NULL,
	cursor    INTEGER NOT NULL, -- the last membership that was given its time
	created   BIGINT  NOT NULL,
	words     BYTEA   NOT NULL, -- sealed
	UNIQUE (number, version)
);

-- When a question comes to somebody. There are no answers in it.
CREATE TABLE prompt (
	id         INTEGER NOT NULL PRIMARY KEY,
	membership INTEGER NOT NULL REFERENCES membership (id),
	question   INTEGER NOT NULL, -- its number
	due        BIGINT  NOT NULL,
	at_sent    BIGINT  NOT NULL, -- or when they have sent so many messages
	trail      BYTEA   NOT NULL, -- sealed
	UNIQUE (membership, question)
);
CREATE INDEX prompt_due ON prompt (due) WHERE due > 0;

-- How many messages somebody has sent, and how many a question waits for.
CREATE TABLE sent (
	membership INTEGER NOT NULL PRIMARY KEY REFERENCES membership (id),
	n          BIGINT  NOT NULL,
	awaited    BIGINT  NOT NULL
);
CREATE INDEX sent_due ON sent (membership) WHERE awaited > 0 AND n >= awaited;

CREATE TABLE questioned (
	member INTEGER NOT NULL PRIMARY KEY REFERENCES member (id),
	state  BYTEA   NOT NULL -- sealed
);

-- Feedback, ideas and answers in words: whose they are is sealed, and is
-- emptied after some weeks.
CREATE TABLE remark (
	id        INTEGER NOT NULL PRIMARY KEY,
	kind      TEXT    NOT NULL,
	programme TEXT    NOT NULL,
	unit      TEXT    NOT NULL,
	state     TEXT    NOT NULL,
	question  INTEGER NOT NULL, -- the wording that it answers
	day       BIGINT  NOT NULL,
	due       BIGINT  NOT NULL,
	votes     INTEGER NOT NULL,
	words     BYTEA   NOT NULL, -- sealed
	way_back  BYTEA   NOT NULL -- sealed
);
CREATE INDEX remark_state ON remark (state, programme, unit);
CREATE INDEX remark_due ON remark (due) WHERE due > 0;

CREATE TABLE vote (
	idea  INTEGER NOT NULL REFERENCES remark (id),
	voter BYTEA   NOT NULL, -- keyed hash of the idea and the member
	PRIMARY KEY (idea, voter)
);

CREATE TABLE dialogue (
	member INTEGER NOT NULL PRIMARY KEY REFERENCES member (id),
	state  BYTEA   NOT NULL -- sealed
);

CREATE TABLE topic (
	id        INTEGER  NOT NULL PRIMARY KEY,
	programme TEXT     NOT NULL,
	unit      TEXT     NOT NULL,
	name      TEXT     NOT NULL,
	position  INTEGER  NOT NULL,
	retired   SMALLINT NOT NULL,
	merged    TEXT     NOT NULL,
	words     BYTEA    NOT NULL, -- sealed
	changed   BIGINT   NOT NULL,
	UNIQUE (programme, unit, name)
);

-- Texts that staff have edited. The newest row of a text is the one in force;
-- the older ones are its history.
CREATE TABLE text_override (
	id        INTEGER NOT NULL PRIMARY KEY,
	name      TEXT    NOT NULL,
	language  TEXT    NOT NULL,
	programme TEXT    NOT NULL,
	unit      TEXT    NOT NULL,
	words     BYTEA   NOT NULL, -- sealed
	author    INTEGER,
	changed   BIGINT  NOT NULL
);
CREATE INDEX text_override_name ON text_override (name, language, programme, unit);

CREATE TABLE room (
	id           INTEGER  NOT NULL PRIMARY KEY,
	kind         SMALLINT NOT NULL,
	owner        INTEGER  NOT NULL,
	matrix       TEXT     UNIQUE,
	state        SMALLINT NOT NULL,
	marker       TEXT,
	reader       TEXT     NOT NULL,
	conversation INTEGER  REFERENCES conversation (id),
	number       INTEGER  NOT NULL,
	changed      BIGINT   NOT NULL
);
CREATE INDEX room_owner ON room (kind, owner);
CREATE INDEX room_marker ON room (marker);
CREATE INDEX room_conversation ON room (conversation);

CREATE TABLE ghost (
	participant INTEGER  NOT NULL PRIMARY KEY REFERENCES participant (id),
	localpart   TEXT     NOT NULL UNIQUE,
	device      TEXT     NOT NULL,
	ready       SMALLINT NOT NULL,
	avatar      TEXT     NOT NULL
);

CREATE TABLE line (
	name  TEXT    NOT NULL PRIMARY KEY,
	room  INTEGER NOT NULL REFERENCES room (id),
	event BYTEA   NOT NULL
);
CREATE INDEX line_event ON line (room, event);

-- Messages that the contact guard holds until their writers decide; the words are in
-- the queue. It does not outlive them: no backup has it.
CREATE TABLE held (
	id          INTEGER  NOT NULL PRIMARY KEY, -- of the question
	participant INTEGER  NOT NULL REFERENCES participant (id),
	what        SMALLINT NOT NULL,
	voice       SMALLINT NOT NULL,
	until       BIGINT   NOT NULL
);
CREATE INDEX held_participant ON held (participant);
CREATE INDEX held_until ON held (until);

-- The message map (map.go). It has no foreign keys: they would cost a look-up
-- for every message, and the whole of a conversation goes at once.
CREATE TABLE message (
	conversation INTEGER NOT NULL,
	source       BYTEA   NOT NULL,
	author       INTEGER NOT NULL,
	copies       BYTEA   NOT NULL,
	PRIMARY KEY (conversation, source)
)
-- only: sqlite
WITHOUT ROWID
;

CREATE TABLE copy_ref (
	conversation INTEGER NOT NULL,
	event        INTEGER NOT NULL,
	source       INTEGER NOT NULL,
	PRIMARY KEY (conversation, event, source)
)
-- only: sqlite
WITHOUT ROWID
;

-- Staff who have an app that makes one-time codes.
CREATE TABLE totp (
	member    INTEGER  NOT NULL PRIMARY KEY REFERENCES member (id),
	link      BYTEA    NOT NULL, -- sealed
	confirmed SMALLINT NOT NULL, -- 1: a code has been given
	used      BIGINT   NOT NULL, -- step of the last code that was taken
	created   BIGINT   NOT NULL
);

-- What staff ask to see and nobody sees otherwise; the reasons are in the audit.
CREATE TABLE access (
	id           INTEGER  NOT NULL PRIMARY KEY,
	kind         TEXT     NOT NULL,
	case_id      INTEGER  NOT NULL,
	conversation INTEGER  NOT NULL, -- 0: none
	member       INTEGER  REFERENCES member (id), -- who is to be named
	asker        INTEGER  NOT NULL,
	second       INTEGER  NOT NULL,
	state        TEXT     NOT NULL,
	days         INTEGER  NOT NULL,
	of_mentee    SMALLINT NOT NULL,
	deferred     INTEGER  NOT NULL,
	created      BIGINT   NOT NULL,
	due          BIGINT   NOT NULL
);
CREATE INDEX access_due ON access (due);

-- The audit (audit.go): entries are added, and nothing else. The triggers are no
-- lock for whoever owns the database; the hashes are there to find that out.
CREATE TABLE audit (
	number   BIGINT NOT NULL PRIMARY KEY, -- from 1, without a gap
	at       BIGINT NOT NULL,
	kind     TEXT   NOT NULL,
	actor    BIGINT NOT NULL, -- a member's number; 0: the service itself
	action   TEXT   NOT NULL,
	subject  TEXT   NOT NULL, -- numbers with their kinds
	reasoned BYTEA  NOT NULL, -- commitment to the reason
	previous BYTEA  NOT NULL,
	hash     BYTEA  NOT NULL
);
CREATE INDEX audit_at ON audit (at);

-- Reasons are not in the audit itself: they are forgotten when their time is over.
CREATE TABLE audit_reason (
	number BIGINT NOT NULL PRIMARY KEY,
	words  BYTEA  NOT NULL, -- sealed
	at     BIGINT NOT NULL
);
CREATE INDEX audit_reason_at ON audit_reason (at);

-- only: sqlite until "end only"
CREATE TRIGGER audit_next BEFORE INSERT ON audit
WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit goes on with the next number only'); END;
CREATE TRIGGER audit_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'nothing is deleted from the audit'); END;
-- end only sqlite

-- only: postgres until "end only"
CREATE FUNCTION audit_next() RETURNS trigger LANGUAGE plpgsql AS $audit$
BEGIN
	IF NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM audit) THEN
		RAISE EXCEPTION 'the audit goes on with the next number only';
	END IF;
	RETURN NEW;
END $audit$;
CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS $audit$
BEGIN
	RAISE EXCEPTION 'the audit is never changed, and nothing is deleted from it';
END $audit$;
CREATE TRIGGER audit_next BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_next();
CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_kept();
-- end only postgres

-- What a member has been told once, and need not be told again.
CREATE TABLE told (
	member INTEGER NOT NULL REFERENCES member (id),
	what   TEXT    NOT NULL,
	PRIMARY KEY (member, what)
);

-- What a member wants the others to see of them besides what they write.
CREATE TABLE shows (
	member INTEGER NOT NULL REFERENCES member (id),
	sign   TEXT    NOT NULL,
	PRIMARY KEY (member, sign)
);

-- Files of ours at the homeserver, each part of one copy (uploads.go). They
-- have no foreign key: they outlive their conversation until they are deleted.
CREATE TABLE upload (
	id           INTEGER  NOT NULL PRIMARY KEY,
	conversation INTEGER  NOT NULL,
	source       BYTEA    NOT NULL,
	number       INTEGER  NOT NULL,
	state        SMALLINT NOT NULL,
	address      BYTEA    NOT NULL, -- sealed
	opens        BYTEA    NOT NULL, -- sealed
	created      BIGINT   NOT NULL
);
CREATE INDEX upload_source ON upload (conversation, source, number);
CREATE INDEX upload_state ON upload (state) WHERE state <> 1;

-- What of a poll has to be known while it can be voted on (poll.go).
CREATE TABLE poll (
	id           INTEGER NOT NULL PRIMARY KEY,
	conversation INTEGER NOT NULL REFERENCES conversation (id),
	source       BYTEA   NOT NULL,
	state        BYTEA   NOT NULL -- sealed
);
CREATE INDEX poll_conversation ON poll (conversation);

-- Events that came in: keyed hashes of 8 bytes, many in a row (seen.go).
CREATE TABLE seen (
-- only: sqlite
	id     INTEGER NOT NULL PRIMARY KEY,
-- only: postgres
	id     BIGINT  NOT NULL PRIMARY KEY,
	hour   INTEGER NOT NULL, -- since 1970
	hashes BYTEA   NOT NULL
);

CREATE TABLE queue (
-- only: sqlite
	id      INTEGER  NOT NULL PRIMARY KEY,
-- only: postgres
	id      BIGINT   NOT NULL PRIMARY KEY,
	lane    BIGINT   NOT NULL,
	kind    SMALLINT NOT NULL,
	state   SMALLINT NOT NULL,
	hold    SMALLINT NOT NULL,
	due     BIGINT   NOT NULL,
	tries   INTEGER  NOT NULL,
	created BIGINT   NOT NULL,
	payload BYTEA    NOT NULL -- sealed
);
CREATE INDEX queue_lane ON queue (lane, id, state);
