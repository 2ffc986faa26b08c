package bridge

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"maunium.net/go/mautrix/id"

	"silta/bridge/avatar"
	"silta/store"
)

// dress gives a ghost its picture, drawn from its name, which is random; its
// address is "" where the homeserver does not take it: a ghost speaks as well
// without, and is given it when its rooms are looked at the next time. Several
// legs may make one ghost at the same time, and only one of them uploads. A
// picture whose address was lost in a crash shows nobody, and is uploaded again.
func (b *Bridge) dress(ctx context.Context, g store.Ghost) (address string, err error) {
	if g.Avatar != "" {
		return g.Avatar, nil
	}
	turn := b.dressing[uint64(g.Participant)%uint64(len(b.dressing))]
	select { // not a lock: the homeserver is asked meanwhile
	case turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-turn }()
	err = b.store.Read(ctx, func(tx *store.Tx) error {
		now, err := tx.Ghost(g.Participant)
		address = now.Avatar
		return err
	})
	if err != nil || address != "" {
		return address, notFoundIsFine(err)
	}
	if address, err = b.uploadPicture(ctx, g.Localpart); err != nil || address == "" {
		return "", err
	}
	return address, b.store.Write(ctx, func(tx *store.Tx) error {
		now, err := tx.Ghost(g.Participant)
		if err != nil {
			return notFoundIsFine(err)
		}
		now.Avatar = address
		return tx.PutGhost(&now)
	})
}

// uploadPicture draws a ghost's picture and shows it; address is "" when the
// homeserver says no.
func (b *Bridge) uploadPicture(ctx context.Context, localpart string) (address string, err error) {
	picture, err := avatar.Draw(localpart)
	if err != nil {
		return "", err
	}
	as := actor{user: id.UserID(b.ghostID(localpart))}
	address, err = b.hs.upload(ctx, as, "", avatar.Type, bytes.NewReader(picture), int64(len(picture)))
	if _, _, whole := splitAddress(address); err == nil && !whole {
		return "", nil // not an address of Matrix
	}
	if err == nil {
		err = b.hs.setPicture(ctx, as.user, address)
	}
	var f *failure
	if errors.As(err, &f) && !f.transient {
		if !b.undressed.Swap(true) {
			b.log.Warn().Err(redacted(err)).Msg("the homeserver takes no pictures of pseudonyms")
		}
		return "", nil
	}
	return address, err
}

func (hs *homeserver) setPicture(ctx context.Context, user id.UserID, address string) error {
	return hs.call(ctx, actor{user: user}, http.MethodPut, map[string]any{"avatar_url": address}, nil,
		"v3", "profile", string(user), "avatar_url")
}
