package site

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// File is a picture somebody was given a link to.
type File struct {
	Body      io.ReadCloser
	Name      string // ASCII letters, digits, dashes and a dot
	MediaType string
	Bytes     int64
	// Shown is until when a page of ours may show it; the zero value is a file to keep.
	Shown time.Time
}

// ErrNoFile is what Options.File answers to a token that leads nowhere, for whatever reason.
var ErrNoFile = errors.New("no such file")

// shownSources let a picture be a picture, should it be opened by itself, whatever its bytes try to be.
const shownSources = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

// file serves what a link leads to: GET /f/{token}. Whoever has no right to it learns nothing, not even that it was there.
func (s *site) file(w http.ResponseWriter, r *http.Request) {
	f, err := s.options.File(r.Context(), r.PathValue("token"))
	if errors.Is(err, ErrNoFile) {
		s.missingPage(w, r)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if err != nil {
		s.options.Log.WarnContext(r.Context(), "file not opened", "error", err)
		h.Set("Retry-After", callAgain)
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	defer f.Body.Close()
	h.Set("Content-Type", f.MediaType)
	h.Set("Content-Disposition", `attachment; filename="`+f.Name+`"`)
	if !f.Shown.IsZero() {
		h.Set("Content-Disposition", `inline; filename="`+f.Name+`"`)
		h.Set("Content-Security-Policy", shownSources)
		h.Set("Cache-Control", "private, max-age="+strconv.Itoa(max(int(time.Until(f.Shown).Seconds()), 0)))
	}
	h.Set("Content-Length", strconv.FormatInt(f.Bytes, 10))
	h.Set("X-Robots-Tag", "noindex")
	if r.Method == http.MethodHead {
		return
	}
	if n, err := io.Copy(w, f.Body); err != nil || n != f.Bytes {
		s.options.Log.InfoContext(context.WithoutCancel(r.Context()), "file cut off", "error", err)
		panic(http.ErrAbortHandler) // half a picture must not look like a whole one
	}
}
