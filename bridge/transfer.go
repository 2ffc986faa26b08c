package bridge

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// stallTime is how long nothing may come or go in a transfer. How long a whole
// one takes depends on its size, so it has no limit of its own.
const stallTime = time.Minute

// mediaURL names an endpoint below /_matrix/media/.
func (hs *homeserver) mediaURL(as actor, path ...string) string {
	return strings.TrimSuffix(hs.base, "client/") + "media/" + strings.TrimPrefix(hs.url(as, path), hs.base)
}

// splitAddress splits mxc://server/id.
func splitAddress(address string) (server, media string, ok bool) {
	rest, ok := strings.CutPrefix(address, "mxc://")
	if !ok {
		return "", "", false
	}
	server, media, ok = strings.Cut(rest, "/")
	return server, media, ok && server != "" && media != ""
}

// pace ends a transfer that stalls.
type pace struct {
	reader io.Reader
	timer  *time.Timer
	cancel context.CancelFunc
}

func watch(parent context.Context) (context.Context, *pace) {
	ctx, cancel := context.WithCancel(parent)
	return ctx, &pace{timer: time.AfterFunc(stallTime, cancel), cancel: cancel}
}

func (w *pace) Read(p []byte) (int, error) {
	n, err := w.reader.Read(p)
	w.timer.Reset(stallTime)
	return n, err
}

func (w *pace) stop() {
	w.timer.Stop()
	w.cancel()
}

// download is a file that is being fetched.
type download struct {
	pace *pace
	body io.ReadCloser
	size int64 // as the homeserver says; -1: not said
}

func (d *download) Read(p []byte) (int, error) {
	n, err := d.pace.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, &failure{transient: true} // cut off
	}
	return n, err
}

func (d *download) Close() error {
	err := d.body.Close()
	d.pace.stop()
	return err
}

// download fetches a file, of whatever server, with authentication.
func (hs *homeserver) download(ctx context.Context, as actor, address string) (*download, error) {
	server, media, ok := splitAddress(address)
	if !ok {
		return nil, &failure{status: http.StatusNotFound}
	}
	ctx, w := watch(ctx)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, hs.url(as, []string{"v1", "media", "download", server, media}), nil)
	if err != nil {
		w.stop()
		return nil, &failure{status: http.StatusNotFound}
	}
	request.Header["Authorization"] = []string{hs.token}
	request.Header["Accept-Encoding"] = []string{"identity"} // what is counted is what is kept
	response, err := hs.transfer.Do(request)
	if err != nil {
		w.stop()
		return nil, &failure{transient: true} // the error's text has the URL
	}
	if response.StatusCode != http.StatusOK {
		defer w.stop()
		defer response.Body.Close()
		return nil, refusal(response, io.LimitReader(response.Body, maxAnswer))
	}
	w.reader = response.Body
	return &download{pace: w, body: response.Body, size: response.ContentLength}, nil
}

// mint gets an address for a file before it is uploaded, so that it can be
// noted first. ok is false where the homeserver cannot do that.
func (hs *homeserver) mint(ctx context.Context, as actor) (address string, ok bool, err error) {
	var answer struct {
		Address string `json:"content_uri"`
	}
	err = hs.callURL(ctx, http.MethodPost, hs.mediaURL(as, "v1", "create"), struct{}{}, &answer)
	var f *failure
	if errors.As(err, &f) && (f.status == http.StatusNotFound || f.status == http.StatusMethodNotAllowed) {
		return "", false, nil
	}
	if _, _, whole := splitAddress(answer.Address); err == nil && !whole {
		return "", false, nil
	}
	return answer.Address, err == nil, err
}

// upload sends a file to an address that was minted, or (address is "") to one
// that it gets now. What is uploaded has no name.
func (hs *homeserver) upload(ctx context.Context, as actor, address, mime string, body io.Reader, size int64) (string, error) {
	method, target := http.MethodPost, hs.mediaURL(as, "v3", "upload")
	if address != "" {
		server, media, _ := splitAddress(address)
		method, target = http.MethodPut, hs.mediaURL(as, "v3", "upload", server, media)
	}
	ctx, w := watch(ctx)
	defer w.stop()
	w.reader = body
	request, err := http.NewRequestWithContext(ctx, method, target, io.NopCloser(w))
	if err != nil {
		return "", &failure{}
	}
	request.ContentLength = size
	request.Header["Authorization"] = []string{hs.token}
	request.Header["Content-Type"] = []string{mime}
	var answer struct {
		Address string `json:"content_uri"`
	}
	if err = hs.finish(ctx, hs.transfer, request, &answer); err != nil {
		return "", err
	}
	if address == "" {
		address = answer.Address
	}
	return address, nil
}

// errNotAllowed says that the homeserver does not let us delete files.
var errNotAllowed = errors.New("the homeserver does not let us delete files")

// adminURL is a path of Synapse's admin API, and what to ask it with: an
// administrator's token, or as the bot, which works where it is one itself.
func (hs *homeserver) adminURL(as actor, adminToken string, path ...string) (target, token string) {
	for i, part := range path {
		path[i] = url.PathEscape(part)
	}
	target = hs.address.JoinPath(append([]string{"_synapse", "admin"}, path...)...).String()
	if adminToken != "" {
		return target, "Bearer " + adminToken
	}
	return target + "?user_id=" + url.QueryEscape(string(as.user)), hs.token
}

// deleteMedia deletes a file of this homeserver.
func (hs *homeserver) deleteMedia(ctx context.Context, as actor, adminToken, address string) error {
	server, media, ok := splitAddress(address)
	if !ok || server != hs.domain {
		return nil // never was a file of ours
	}
	target, token := hs.adminURL(as, adminToken, "v1", "media", server, media)
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, target, nil)
	if err != nil {
		return &failure{}
	}
	request.Header["Authorization"] = []string{token}
	err = hs.finish(ctx, hs.client, request, nil)
	var f *failure
	switch {
	case !errors.As(err, &f) || f.transient:
		return err
	case f.status == http.StatusNotFound && f.code == "M_NOT_FOUND":
		return nil // gone already
	}
	return errNotAllowed
}

// uploadLimit is how large a file the homeserver takes, in bytes.
func (hs *homeserver) uploadLimit(ctx context.Context, as actor) (int64, error) {
	var answer struct {
		Size int64 `json:"m.upload.size"`
	}
	err := hs.call(ctx, as, http.MethodGet, nil, &answer, "v1", "media", "config")
	return answer.Size, err
}
