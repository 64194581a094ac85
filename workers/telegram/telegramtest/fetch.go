package telegramtest

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Fetcher gets what a bot's file URL serves: its media type and content. Any error
// means that the URL could not be read.
type Fetcher func(ctx context.Context, url string) (mediaType string, content []byte, err error)

func isURL(s string) bool { return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") }

// fetched stores what a URL serves.
func (s *Server) fetched(c *call, in inputMedia) (*fileState, error) {
	switch in.Type {
	case MediaVideoNote, MediaLivePhoto:
		return nil, bad("wrong file identifier/HTTP URL specified")
	}
	mediaType, content, err := c.get(in.Media, maxFileByURL)
	if err != nil {
		return nil, err
	}
	if !fetchable(in.Type, mediaType) {
		return nil, bad("wrong type of the web page content")
	}
	d := in.described()
	d.Name, d.MimeType, d.Content = nameOf(in.Media), mediaType, content
	return s.store(d), nil
}

// fetchable says which types Telegram takes from a URL for a kind.
func fetchable(kind MediaKind, mediaType string) bool {
	family, _, _ := strings.Cut(mediaType, "/")
	switch kind {
	case MediaDocument:
		return slices.Contains([]string{"image/gif", "application/pdf", "application/zip"}, mediaType)
	case MediaAnimation:
		return mediaType == "image/gif" || family == "video"
	case MediaSticker:
		return mediaType == "image/webp"
	case MediaVoice, MediaAudio:
		return family == "audio"
	}
	return family == "video"
}

func nameOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || path.Base(u.Path) == "/" || path.Base(u.Path) == "." {
		return ""
	}
	return path.Base(u.Path)
}

// fetchError says that a call needs the content of URLs before it can be done.
type fetchError struct{ urls []string }

// Error lists the URLs.
func (e *fetchError) Error() string { return "not fetched: " + strings.Join(e.urls, " ") }

// web is what a URL served; a nil content means that it could not be read.
type web struct {
	mediaType string
	content   []byte
	failed    bool
}

// need asks for what is still to be fetched for the files of a call. Fetching takes
// its time and happens outside of the lock; then the call is done from its start.
func (c *call) need(ins ...inputMedia) error {
	var urls []string
	for _, in := range ins {
		for _, address := range []string{in.Media, in.Cover} {
			if _, got := c.web[address]; isURL(address) && !got {
				urls = append(urls, address)
			}
		}
	}
	if len(urls) == 0 {
		return nil
	}
	return &fetchError{urls}
}

// fetch reads the URLs that a call needs.
func (s *Server) fetch(c *call, urls []string) {
	if c.web == nil {
		c.web = map[string]web{}
	}
	for _, address := range urls {
		w := web{failed: true}
		if s.opts.Fetch != nil {
			mediaType, content, err := s.opts.Fetch(c.ctx, address)
			mediaType, _, _ = strings.Cut(mediaType, ";")
			w = web{strings.TrimSpace(mediaType), content, err != nil}
		}
		c.web[address] = w
	}
}

// get is what a URL served, held to its limit.
func (c *call) get(address string, most int) (string, []byte, error) {
	switch w := c.web[address]; {
	case w.failed, len(w.content) > most:
		return "", nil, bad("failed to get HTTP URL content")
	case len(w.content) == 0:
		return "", nil, bad("wrong type of the web page content")
	default:
		return w.mediaType, w.content, nil
	}
}
