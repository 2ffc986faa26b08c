package hs

import (
	"net/http"
	"strings"
)

// File is one piece of media.
type File struct {
	Owner, Type string
	Content     []byte
	Whole       bool // false: an address that was minted, and nothing uploaded to it
}

func (c *call) address(id string) object {
	return object{"content_uri": "mxc://" + c.s.opts.Name + "/" + id}
}

func (c *call) tooLarge() error {
	if int64(len(c.raw)) > c.s.maxUpload() {
		return &apiError{status: http.StatusRequestEntityTooLarge, code: "M_TOO_LARGE", text: "Upload request body is too large"}
	}
	return nil
}

func (s *Server) maxUpload() int64 {
	if s.opts.MaxUpload > 0 {
		return s.opts.MaxUpload
	}
	return 50 << 20
}

func (c *call) upload() (any, error) {
	if err := c.tooLarge(); err != nil {
		return nil, err
	}
	id := c.s.name("media")
	c.s.media[id] = &File{Owner: c.user, Type: c.mime, Content: append([]byte(nil), c.raw...), Whole: true}
	return c.address(id), nil
}

// mint gives an address to which its owner may upload once.
func (c *call) mint() (any, error) {
	id := c.s.name("media")
	c.s.media[id] = &File{Owner: c.user}
	return c.address(id), nil
}

func (c *call) uploadTo() (any, error) {
	f := c.s.media[c.args[1]]
	switch {
	case f == nil || c.args[0] != c.s.opts.Name:
		return nil, notFound("Media")
	case f.Owner != c.user:
		return nil, forbidden("Only the creator of the media ID can upload to it")
	case f.Whole:
		return nil, &apiError{status: http.StatusConflict, code: "M_CANNOT_OVERWRITE_MEDIA", text: "Media ID cannot be overwritten"}
	}
	if err := c.tooLarge(); err != nil {
		return nil, err
	}
	f.Type, f.Content, f.Whole = c.mime, append([]byte(nil), c.raw...), true
	return object{}, nil
}

func (c *call) download() (any, error) {
	f := c.s.media[c.args[1]]
	if f == nil || !f.Whole {
		return nil, notFound("Media")
	}
	return f.Content, nil
}

func (c *call) deleteMedia() (any, error) {
	if c.s.opts.Admin == "" || c.user != c.s.userID(c.s.opts.Admin) {
		return nil, forbidden("You are not a server admin")
	}
	if c.s.media[c.args[1]] == nil {
		return nil, notFound("Media")
	}
	delete(c.s.media, c.args[1])
	return object{"deleted_media": []string{c.args[1]}, "total": 1}, nil
}

func (c *call) mediaConfig() (any, error) { return object{"m.upload.size": c.s.maxUpload()}, nil }

// Upload puts a file on the server as a client of the person would, and gives
// its address.
func (p *Person) Upload(content []byte) (address string) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	id := p.s.name("media")
	p.s.media[id] = &File{Owner: p.ID, Content: append([]byte(nil), content...), Whole: true}
	return "mxc://" + p.s.opts.Name + "/" + id
}

// DropMedia deletes a file, as an administrator would.
func (s *Server) DropMedia(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.media, address[strings.LastIndex(address, "/")+1:])
}

// Media is a copy of all that the appservice's users have uploaded, or minted an
// address for, by address; but for their own pictures.
func (s *Server) Media() map[string]File {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]File{}
	for id, f := range s.media {
		if address := "mxc://" + s.opts.Name + "/" + id; s.ours(f.Owner) && s.users[f.Owner].avatar != address {
			all[address] = *f
		}
	}
	return all
}

// Profile is what a user shows of themself: a name, and the address and file of
// a picture.
func (s *Server) Profile(user string) (name, address string, picture File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[user]
	if u == nil {
		return "", "", File{}
	}
	if f := s.media[u.avatar[strings.LastIndex(u.avatar, "/")+1:]]; f != nil {
		picture = *f
	}
	return u.name, u.avatar, picture
}
