package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"silta/config"
)

// checkMedia looks at what carrying files needs of the homeserver.
func (d *doctor) checkMedia(ctx context.Context) {
	media := d.cfg.Programmes.Mentoring.Media
	if !media.Any() || !d.bot {
		return
	}
	const name = "media"
	r, err := d.call(ctx, http.MethodGet, "/_matrix/client/v1/media/config", d.cfg.BotID(), nil)
	if err != nil || r.Status != http.StatusOK {
		d.fail(name, "Silta fetches files with authentication (Matrix 1.11): update the homeserver", "the homeserver has no authenticated media")
		return
	}
	limit, _ := r.Body["m.upload.size"].(float64)
	switch {
	case limit > 0 && int64(limit) < int64(media.MaxSize):
		d.warn(name, "set programmes.mentoring.media.max_size to "+config.Size(limit).String()+", or the homeserver's max_upload_size to more",
			"people may send files of up to %s, and the homeserver takes %s", media.MaxSize, config.Size(limit))
	case limit > 0:
		d.ok(name, "the homeserver takes files of up to %s", config.Size(limit))
	default:
		d.warn(name, "", "the homeserver does not say how large a file may be")
	}
	d.checkDeletion(ctx)
}

// checkDeletion asks for a file to be deleted that is not there: whether that is
// refused, or not found, tells whether we may.
func (d *doctor) checkDeletion(ctx context.Context) {
	const name = "media deletion"
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	h := &d.cfg.Homeserver
	target := strings.TrimSuffix(h.Address, "/") + "/_synapse/admin/v1/media/" + url.PathEscape(h.Domain) + "/silta-check-no-such-file"
	token := h.AdminToken
	if token == "" {
		token, target = d.reg.AppToken, target+"?user_id="+url.QueryEscape(d.cfg.BotID())
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, target, nil)
	if err != nil {
		return
	}
	request.Header.Set("Authorization", "Bearer "+token)
	r, err := d.answer(request)
	switch {
	case err != nil:
		d.warn(name, "", "the homeserver did not answer: %v", err)
	case r.Status == http.StatusNotFound && r.Code == "M_NOT_FOUND":
		d.ok(name, "files can be deleted with their message")
	case h.AdminToken != "":
		d.fail(name, "homeserver.admin_token must be the access token of an administrator, and Synapse's admin API must be reachable at homeserver.address",
			"the administrator's token does not work (HTTP %d %s)", r.Status, r.Code)
	default:
		d.warn(name, "make the bot an administrator, or set homeserver.admin_token (docs/operating.md)",
			"files stay at the homeserver when their message is removed")
	}
}
