package bridge_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"silta/bridge/avatar"
	"silta/dev/hs"
	"silta/mentoring"
)

// pictures are the addresses of the pictures of the ghosts in somebody's leg.
func (w *world) pictures(p *talker) (all []string) {
	for _, ghost := range w.ghostsIn(p.room) {
		_, address, _ := w.hs.Profile(ghost)
		all = append(all, address)
	}
	return all
}

func TestLeak35PicturesAreDrawn(t *testing.T) {
	w := newWorld(t)
	own := map[string]string{}
	for _, name := range []string{"aino", "oskar", "kaisa"} {
		p := w.hs.Person(name)
		own[p.ID] = p.Upload([]byte("a photo of " + name))
		if err := p.SetPicture(own[p.ID]); err != nil {
			t.Fatal(err)
		}
	}
	people := w.talk("aino", "oskar", "kaisa")
	w.join(people...)
	w.chatter(people)
	of := map[string]string{} // ghost → address
	for _, p := range people {
		for _, ghost := range w.ghostsIn(p.room) {
			name, address, picture := w.hs.Profile(ghost)
			want, err := avatar.Draw(strings.TrimSuffix(strings.TrimPrefix(ghost, "@"), ":test"))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(picture.Content, want) || picture.Type != "image/png" {
				t.Errorf("the picture of %s is not the one that is drawn from its name", name)
			}
			if before, seen := of[ghost]; seen && before != address {
				t.Errorf("%s has two pictures", name)
			}
			of[ghost] = address
		}
		for id, address := range own {
			if id != p.ID && strings.Contains(w.readable(p.room), address) {
				t.Errorf("%s sees the own picture of %s", p.alias, id)
			}
		}
		if !strings.Contains(w.readable(p.room), own[p.ID]) {
			t.Error("the search would find nothing")
		}
	}
	if len(of) != 3 {
		t.Errorf("%d ghosts with a picture, not 3", len(of))
	}
	if n := w.hs.Calls()["POST upload"]; n != 3 { // each ghost is in two legs, made at the same time
		t.Errorf("%d pictures were uploaded for 3 ghosts", n)
	}
}

// A ghost's profile is a name and a picture, and nothing is ever written into
// any profile but that.
func TestLeak38ProfileIsAliasAndPicture(t *testing.T) {
	w := newWorld(t)
	requests := w.watch()
	people := w.talk("aino", "oskar")
	w.join(people...)
	w.chatter(people)
	n := 0
	for _, r := range requests() {
		_, rest, profile := strings.Cut(r.path, "/profile/")
		if !profile || r.method != http.MethodPut {
			continue
		}
		n++
		if _, key, _ := strings.Cut(rest, "/"); key != "displayname" && key != "avatar_url" {
			t.Errorf("a profile gets %q", key)
		}
	}
	if n != 4 {
		t.Errorf("%d requests for the profiles of two ghosts, not 4", n)
	}
	for i, p := range people {
		for _, ghost := range w.ghostsIn(p.room) {
			if name, _, _ := w.hs.Profile(ghost); name != people[1-i].alias {
				t.Errorf("a ghost is called %q, not %q", name, people[1-i].alias)
			}
		}
	}
}

// TestNoPictureIsNoTrouble: a homeserver that takes no pictures has ghosts
// without, and gets them later; one that is in trouble is waited for.
func TestNoPictureIsNoTrouble(t *testing.T) {
	w := newWorld(t)
	w.breakIt(func(c hs.Call) hs.Fault {
		if c.Route == "POST upload" {
			return hs.Fault{Status: http.StatusForbidden}
		}
		return hs.Fault{}
	})
	people := w.talk("aino", "oskar")
	w.join(people...)
	must(people[0].Say(people[0].room, "hei"))
	w.sees(people[1], "hei")
	if all := w.pictures(people[1]); !slices.Equal(all, []string{""}) {
		t.Errorf("the pictures are %q", all)
	}
	var failures atomic.Int32
	w.breakIt(func(c hs.Call) hs.Fault {
		if c.Route == "POST upload" && failures.Add(1) < 3 {
			return hs.Fault{Status: http.StatusBadGateway}
		}
		return hs.Fault{}
	})
	w.do(func(a *mentoring.Act) error {
		a.Do(mentoring.OpenLeg{Participant: people[1].id})
		return nil
	})
	w.until("the picture is there", func() bool { return w.pictures(people[1])[0] != "" })
}

// TestPicturesGoWithTheirConversation: nothing of a ghost stays at the homeserver.
func TestPicturesGoWithTheirConversation(t *testing.T) {
	w := newWorld(t)
	people := w.talk("aino", "oskar")
	w.join(people...)
	w.until("both have a picture", func() bool {
		return !slices.Contains(append(w.pictures(people[0]), w.pictures(people[1])...), "")
	})
	w.do(func(a *mentoring.Act) error {
		c, err := a.Tx.ConversationOf(people[0].id)
		if err != nil {
			return err
		}
		for _, p := range c.Participants {
			a.Do(mentoring.CloseLeg{Participant: p.ID})
		}
		a.Do(mentoring.EmptyConversation{Conversation: c.ID})
		return nil
	})
	w.until("both are deleted", func() bool { return w.hs.Calls()["DELETE media/*/*"] == 2 })
}
