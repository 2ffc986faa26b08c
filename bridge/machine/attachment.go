package machine

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// ErrAttachment says that an attachment is not what its message says: broken on
// the way, changed, or encrypted in a way that Matrix does not have.
var ErrAttachment = errors.New("the attachment does not open")

// Attachment is the key of an encrypted attachment and where it is: the "file"
// of a message.
type Attachment = event.EncryptedFileInfo

// OpenAttachment decrypts what is read from r. Nothing of it may be used before
// it has been read to its end and closed: only Close tells, by [ErrAttachment],
// whether it was changed on the way.
func OpenAttachment(file *Attachment, r io.Reader) (io.ReadCloser, error) {
	if file == nil {
		return nil, ErrAttachment
	}
	own := attachment.EncryptedFile{Key: file.Key, InitVector: file.InitVector, Hashes: file.Hashes, Version: file.Version}
	if err := own.PrepareForDecryption(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAttachment, err)
	}
	return &opened{own.DecryptStream(r)}, nil
}

type opened struct{ io.ReadCloser }

func (o *opened) Close() error {
	if err := o.ReadCloser.Close(); err != nil {
		return fmt.Errorf("%w: %w", ErrAttachment, err)
	}
	return nil
}

// SealAttachment encrypts what is read from r under a fresh key: each leg gets
// its own, since the same ciphertext in two legs would link them. After the
// reader has been read to its end and closed, File says how to open it at the
// address to which it was uploaded.
func SealAttachment(r io.Reader) *SealedAttachment {
	file := attachment.NewEncryptedFile()
	return &SealedAttachment{file: file, stream: file.EncryptStream(r)}
}

// SealedAttachment is the ciphertext while it is read.
type SealedAttachment struct {
	file   *attachment.EncryptedFile
	stream io.ReadSeekCloser
}

// Read gives the ciphertext.
func (s *SealedAttachment) Read(p []byte) (int, error) { return s.stream.Read(p) }

// Close ends the reading.
func (s *SealedAttachment) Close() error { return s.stream.Close() }

// File is the "file" of the message.
func (s *SealedAttachment) File(address id.ContentURIString) *Attachment {
	return &Attachment{EncryptedFile: *s.file, URL: address}
}

// AttachmentOf makes an Attachment from the values of its key: unpadded base64
// of the key, of the counter block and of the SHA-256 of the ciphertext.
func AttachmentOf(key, iv, hash string) *Attachment {
	return &Attachment{EncryptedFile: attachment.EncryptedFile{
		Version: "v2", InitVector: strings.TrimRight(iv, "="), Hashes: attachment.EncryptedFileHashes{SHA256: strings.TrimRight(hash, "=")},
		Key: attachment.JSONWebKey{Key: strings.TrimRight(key, "="), Algorithm: "A256CTR", Extractable: true, KeyType: "oct", KeyOps: []string{"encrypt", "decrypt"}},
	}}
}

// Values are the reverse of [AttachmentOf], once the ciphertext has been read
// to its end and closed.
func (s *SealedAttachment) Values() (key, iv, hash string) {
	return s.file.Key.Key, s.file.InitVector, s.file.Hashes.SHA256
}
