package dev

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// Upload encrypts a file as a client does, puts it on the person's homeserver
// and gives the "file" of a message.
func (c *Client) Upload(content []byte) map[string]any {
	c.t.Helper()
	var key [32]byte
	var iv [16]byte
	_, _ = rand.Read(key[:]) // never fails (crypto/rand)
	_, _ = rand.Read(iv[:8]) // the other half counts
	sealed := keyed(key[:], iv[:], content)
	hash := sha256.Sum256(sealed)
	return map[string]any{
		"v": "v2", "url": c.UploadPlain(sealed), "iv": base64.RawStdEncoding.EncodeToString(iv[:]),
		"hashes": map[string]any{"sha256": base64.RawStdEncoding.EncodeToString(hash[:])},
		"key": map[string]any{"kty": "oct", "alg": "A256CTR", "ext": true, "key_ops": []string{"encrypt", "decrypt"},
			"k": base64.RawURLEncoding.EncodeToString(key[:])},
	}
}

// UploadPlain puts bytes on the person's homeserver and gives their address.
func (c *Client) UploadPlain(content []byte) (address string) {
	c.t.Helper()
	var answer struct {
		Address string `json:"content_uri"`
	}
	if err := NewUser(c.Account).Do(context.Background(), http.MethodPost, "/_matrix/media/v3/upload", content, &answer); err != nil {
		c.t.Fatalf("upload: %v", err)
	}
	return answer.Address
}

// Download fetches what is at an address; nil when it is not there.
func (c *Client) Download(address string) []byte {
	c.t.Helper()
	request, err := http.NewRequest(http.MethodGet, c.Homeserver+"/_matrix/client/v1/media/download/"+strings.TrimPrefix(address, "mxc://"), nil)
	if err != nil {
		c.t.Fatalf("download: %v", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.Token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatalf("download: %v", err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatalf("download: %v", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil
	}
	return content
}

// Fetch downloads the file of a message and decrypts it.
func (c *Client) Fetch(file map[string]any) []byte {
	c.t.Helper()
	sealed := c.Download(fmt.Sprint(file["url"]))
	hash := sha256.Sum256(sealed)
	hashes, _ := file["hashes"].(map[string]any)
	if got := base64.RawStdEncoding.EncodeToString(hash[:]); got != hashes["sha256"] {
		c.t.Fatalf("a file of %d bytes has the hash %s, not %v", len(sealed), got, hashes["sha256"])
	}
	key, _ := file["key"].(map[string]any)
	k, err1 := base64.RawURLEncoding.DecodeString(fmt.Sprint(key["k"]))
	iv, err2 := base64.RawStdEncoding.DecodeString(fmt.Sprint(file["iv"]))
	if err1 != nil || err2 != nil || len(k) != 32 || len(iv) != 16 {
		c.t.Fatalf("the key of a file cannot be used: %v, %v", err1, err2)
	}
	return keyed(k, iv, sealed)
}

// FetchItself does the same with the client's own library.
func (c *Client) FetchItself(file map[string]any) []byte {
	c.t.Helper()
	folder := c.t.TempDir()
	sealed, open := folder+"/sealed", folder+"/open"
	if err := os.WriteFile(sealed, c.Download(fmt.Sprint(file["url"])), 0o600); err != nil {
		c.t.Fatalf("keep a file: %v", err)
	}
	c.must("open", map[string]any{"file": file, "sealed": sealed, "path": open}, nil)
	content, err := os.ReadFile(open)
	if err != nil {
		c.t.Fatalf("read a file: %v", err)
	}
	return content
}

// keyed applies the key stream of an attachment.
func keyed(key, iv, content []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil // the key has its length
	}
	out := bytes.Clone(content)
	cipher.NewCTR(block, iv).XORKeyStream(out, out)
	return out
}
