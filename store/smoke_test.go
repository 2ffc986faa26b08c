package store

import (
	"context"
	"path/filepath"
	"testing"

	"silta/mentoring"
)

func TestSmoke(t *testing.T) {
	dir := t.TempDir()
	kf := filepath.Join(dir, "k")
	if err := NewKeyFile(kf); err != nil {
		t.Fatal(err)
	}
	keys, err := LoadKeyring(kf)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), Options{DSN: filepath.Join(dir, "a.db"), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	m := mentoring.Member{Address: "@a:b", Alias: "x"}
	err = s.Write(context.Background(), func(tx *Tx) error {
		if err := tx.PutMember(&m); err != nil {
			return err
		}
		if _, err := tx.Seen("x"); err != nil {
			return err
		}
		return tx.Enqueue(&Row{Lane: 5, Kind: LaneIn, Payload: []byte("hei")})
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.Next(context.Background(), 5, 0, 10)
	if err != nil || len(rows) != 1 || string(rows[0].Payload) != "hei" {
		t.Fatal(rows, err)
	}
	err = s.Read(context.Background(), func(tx *Tx) error {
		b, err := tx.MemberByAddress("@a:b")
		if b != m {
			t.Errorf("%+v %+v", b, m)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
