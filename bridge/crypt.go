package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"silta/bridge/machine"
	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// settingEpoch ties the crypto tables to this life of the main database: a
// restored one has none, so the tables are emptied and no old ratchet is used
// again.
const settingEpoch = store.DeviceSetting + "crypto_epoch" // so no backup has it

// UseEncryption opens the crypto tables. From then on every room is made
// encrypted, what is said in one is encrypted, and plain text in one is neither
// relayed nor obeyed. It is called before Run, which closes the tables.
func (b *Bridge) UseEncryption(ctx context.Context, dsn string, keys machine.Sealer) error {
	var epoch string
	err := b.store.Write(ctx, func(tx *store.Tx) (err error) {
		if epoch, err = tx.Setting(settingEpoch); err != nil || epoch != "" {
			return err
		}
		epoch = randomName(16)
		return tx.PutSetting(settingEpoch, epoch)
	})
	if err != nil {
		return fmt.Errorf("crypto tables: %w", err)
	}
	b.machines, err = machine.Open(ctx, machine.Options{
		DSN: dsn, Epoch: epoch, Keys: keys, Hash: b.store.Hash, Client: b.hs.mautrixClient,
		Rooms: directory{b}, Now: b.now, Log: b.log,
	})
	if err != nil {
		return fmt.Errorf("crypto tables: %w", err)
	}
	return nil
}

// mautrixClient is what the machines make their requests with.
func (hs *homeserver) mautrixClient(user id.UserID, device id.DeviceID) *mautrix.Client {
	return &mautrix.Client{
		HomeserverURL: hs.address, UserID: user, DeviceID: device, AccessToken: hs.appToken,
		SetAppServiceUserID: user != "", SetAppServiceDeviceID: device != "",
		Client: hs.client, Log: zerolog.New(io.Discard).Level(zerolog.PanicLevel), IgnoreRateLimit: true,
	}
}

// directory tells the machines who is in which room of ours.
type directory struct{ b *Bridge }

// Persons are the real users who must be able to read what is said in a room.
func (d directory) Persons(ctx context.Context, room id.RoomID) ([]id.UserID, error) {
	var person string
	var staff *store.Room
	err := d.b.store.Read(ctx, func(tx *store.Tx) error {
		found, err := tx.RoomByMatrix(string(room))
		if err != nil {
			return notFoundIsFine(err) // a room of others: the homeserver knows
		}
		if found.Kind == store.RoomStaff {
			staff = &found
			return nil
		}
		if found.State != store.RoomJoined {
			person = "-"
			return nil
		}
		s := d.b.newStep(tx, nil)
		member, err := s.person(found)
		person = member.Address
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case person == "-":
		return nil, nil
	case person != "":
		return []id.UserID{id.UserID(person)}, nil
	}
	joined, err := d.b.hs.joinedPeople(ctx, d.b.botActor(), string(room), d.b.isOurs)
	if err != nil || staff == nil {
		return joined, err
	}
	return d.ofStaff(ctx, *staff, joined)
}

// ofStaff leaves those of the joined whose role lets them see a staff room:
// whoever has power over the homeserver can join any room.
func (d directory) ofStaff(ctx context.Context, room store.Room, joined []id.UserID) (staff []id.UserID, err error) {
	err = d.b.store.Read(ctx, func(tx *store.Tx) error {
		s := d.b.newStep(tx, nil)
		for _, user := range joined {
			sees, err := s.seesStaffRoom(room, string(user))
			if err != nil {
				return err
			}
			if sees {
				staff = append(staff, user)
			}
		}
		return nil
	})
	return staff, err
}

// Known says whether a user is somebody Silta has met: nobody else shares a
// room with the bot.
func (d directory) Known(ctx context.Context, user id.UserID) (bool, error) {
	known := false
	err := d.b.store.Read(ctx, func(tx *store.Tx) error {
		_, err := tx.MemberByAddress(string(user))
		known = err == nil
		return notFoundIsFine(err)
	})
	return known, err
}

// joinedPeople lists the joined users of a room that are not ours.
func (hs *homeserver) joinedPeople(ctx context.Context, as actor, room string, ours func(string) bool) ([]id.UserID, error) {
	var answer struct {
		Joined map[id.UserID]struct{} `json:"joined"`
	}
	if err := hs.call(ctx, as, http.MethodGet, nil, &answer, "v3", "rooms", room, "joined_members"); err != nil {
		return nil, err
	}
	var people []id.UserID
	for user := range answer.Joined {
		if !ours(string(user)) {
			people = append(people, user)
		}
	}
	return people, nil
}

// parseAddress is the homeserver's address as mautrix wants it.
func parseAddress(address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil {
		return &url.URL{} // config has checked it
	}
	return u
}

const (
	typeEncrypted = "m.room.encrypted"
	// keyWait is how long the head of a lane waits for its key (design §2.1).
	keyWait = 30 * time.Second
	// keyPoll is how often it looks again if nothing wakes it.
	keyPoll = 2 * time.Second
	// settleTime is how long after a ghost joined it first speaks: clients that
	// were asked too early could not read it (matrix-facts §3, 18).
	settleTime = time.Second
	// arrivalTime is how long after a person came the first thing is said to them:
	// their client asks for our keys only then, and one that takes signed devices
	// only does not read what came before the answer (seen with people of other
	// homeservers, and with our own on a busy machine).
	arrivalTime = 2 * time.Second
)

// openResult is what came of reading a row's event.
type openResult int

const (
	openReady openResult = iota
	openWait             // the key may still come: the lane waits
	openAside            // the key has not come in time: the lane goes on
)

// open reads a row's event with the reader's machine: before the step, never
// inside it.
func (b *Bridge) open(ctx context.Context, row store.Row) (*incoming, openResult, error) {
	ev, ok := row.Value.(*incoming)
	if !ok {
		var err error
		if ev, err = parseIncoming(row.Payload); err != nil {
			b.meter.Refused("malformed")
			return nil, openReady, nil
		}
	}
	if ev.Type != typeEncrypted || b.machines == nil {
		b.read(ev)
	}
	if b.machines == nil {
		return ev, openReady, nil // what is encrypted is refused as an unknown kind
	}
	if ev.Type == "m.room.member" && ev.StateKey != nil && !b.isOurs(*ev.StateKey) {
		return ev, openReady, b.memberMoved(ctx, ev)
	}
	if ev.Type != typeEncrypted || ev.StateKey != nil {
		return ev, openReady, nil
	}
	plain, err := b.decrypt(ctx, ev)
	var noKey *machine.NoKeyError
	switch {
	case errors.As(err, &noKey) && noKey.Withheld == "" && b.now().Sub(row.Created) < keyWait:
		return ev, openWait, nil
	case errors.As(err, &noKey):
		return ev, openAside, nil
	case errors.Is(err, machine.ErrForged), errors.Is(err, machine.ErrCorrupt):
		b.meter.Refused("forged")
		return nil, openReady, nil
	case err != nil:
		return ev, openReady, err
	}
	if plain.Trust == machine.TrustUnknown { // their list may not have been asked for yet
		if err = b.machines.Learn(ctx, b.botID, id.UserID(ev.Sender)); err == nil {
			if again, err := b.decrypt(ctx, ev); err == nil {
				plain = again
			}
		}
	}
	inside := ev.Event
	inside.Type, inside.Content = plain.Type, plain.Content
	if inside.Type == "m.reaction" || inside.Type == "m.room.redaction" || inside.Type == typeEncrypted {
		return nil, openReady, nil // these are clear in Matrix: inside they are nobody's event
	}
	opened := &incoming{Event: inside, Encrypted: true, Signed: plain.Trust == machine.TrustSigned, Time: ev.Time}
	b.read(opened)
	return opened, openReady, nil
}

// decrypt tries once more after it has asked the homeserver for what it may
// have failed to send.
func (b *Bridge) decrypt(ctx context.Context, ev *incoming) (*machine.Plain, error) {
	envelope := machine.Envelope{
		Room: id.RoomID(ev.Room), Sender: id.UserID(ev.Sender), ID: id.EventID(ev.ID), Timestamp: ev.Time, Content: ev.Content,
	}
	plain, err := b.machines.Decrypt(ctx, b.botID, envelope)
	var noKey *machine.NoKeyError
	if !errors.As(err, &noKey) || noKey.Withheld != "" {
		return plain, err
	}
	if _, caught := b.machines.CatchUp(ctx, b.botID); caught != nil {
		return nil, err // the wait goes on without it
	}
	return b.machines.Decrypt(ctx, b.botID, envelope)
}

// setAside lets a lane go on without an event that cannot be read; it is tried
// again whenever a key comes. Its sender is told once.
func (b *Bridge) setAside(ctx context.Context, row store.Row, ev *incoming) verdict {
	b.meter.SetAside("key")
	b.unread.Store(true)
	err := b.run(ctx, func(s *step) error {
		if err := s.tx.SetAside(row.ID, store.HoldKey); err != nil {
			return err
		}
		if row.Tries > 0 {
			return nil // told before
		}
		return s.tellSender(ev, mentoring.T("crypt.unreadable"))
	})
	if err != nil {
		return b.storeTrouble(err)
	}
	return verdict{more: true}
}

// keysCame wakes what waits for a key: lanes whose head waits, and rows that
// were set aside.
func (b *Bridge) keysCame(ctx context.Context) error {
	b.lanes.nudge(waitsKey, store.LaneIn)
	if !b.unread.CompareAndSwap(true, false) {
		return nil
	}
	return b.store.Write(ctx, func(tx *store.Tx) error {
		rows, err := tx.Aside(store.HoldKey)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err = tx.Retry(row.ID, b.now(), 1); err != nil { // not a fault: it only says "told"
				return err
			}
		}
		return nil
	})
}

// seal encrypts what is to be sent. Reactions and redactions are clear in
// Matrix. What cannot be encrypted waits: there is no way back to plain text.
func (b *Bridge) seal(ctx context.Context, r *route, eventType string, content json.RawMessage) (string, json.RawMessage, error) {
	if b.machines == nil || eventType == "m.reaction" {
		return eventType, content, nil
	}
	sealed, err := b.machines.Encrypt(ctx, r.as.user, id.RoomID(r.room), eventType, content)
	if errors.Is(err, machine.ErrUnknownAccount) { // the crypto tables were lost: a new identity
		if err = b.renewGhost(ctx, r); err == nil {
			err = &errNotYet{until: settleTime}
		}
	}
	if err != nil {
		return "", nil, err
	}
	raw, err := json.Marshal(sealed)
	if err != nil {
		return "", nil, fmt.Errorf("write content: %w", err)
	}
	return typeEncrypted, raw, nil
}

// renewGhost makes the keys of a ghost anew that is in its rooms already.
func (b *Bridge) renewGhost(ctx context.Context, r *route) error {
	device, err := b.machines.EnsureSender(ctx, r.as.user, id.DeviceID(r.as.device))
	if err != nil {
		return err
	}
	return b.run(ctx, func(s *step) error {
		ghost, err := s.tx.GhostByLocalpart(r.as.user.Localpart())
		if err != nil {
			return err
		}
		ghost.Device, s.stale = string(device), true
		return s.tx.PutGhost(&ghost)
	})
}

// unencrypted handles plain text in an encrypted room: it is neither relayed
// nor obeyed, since anybody with power over a homeserver could have written it.
func (s *step) unencrypted(room store.Room) (refused bool, err error) {
	if s.b.machines == nil || s.ev.Encrypted || s.ev.StateKey != nil {
		return false, nil
	}
	switch s.ev.Type {
	case "m.reaction", "m.room.redaction":
		return false, nil // always clear
	}
	var ignored *rewrite.Ignored
	if errors.As(s.ev.ParseErr, &ignored) {
		return true, nil
	}
	s.refused = append(s.refused, "crypt.plain_text")
	key := fmt.Sprintf("plain/%d", room.ID)
	if _, err = s.tx.LineByKey(key); err == nil {
		return true, nil // told once
	}
	if err = notFoundIsFine(err); err != nil {
		return true, err
	}
	member, err := s.tx.MemberByAddress(s.ev.Sender)
	if err != nil {
		return true, notFoundIsFine(err)
	}
	// Noted now, with the event itself: the next one may come before the line is sent.
	if err = s.tx.PutLine(&store.Line{Key: key, Room: room.ID, Event: s.ev.ID}); err != nil {
		return true, err
	}
	text := s.b.bot.Render(member.Language, mentoring.T("crypt.plain_text"))
	return true, s.line(room.Kind, room.Owner, line{text: text})
}

// isWaiting says whether an error of the machines will pass by itself.
func isWaiting(err error) bool {
	var wait *machine.WaitError
	return errors.As(err, &wait) || machine.IsTransient(err)
}
