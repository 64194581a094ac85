package miniapp

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

//go:embed assets
var assets embed.FS

// How long a browser may keep something without asking.
const (
	cachePage  = "no-cache" // asks each time, and is mostly told that nothing changed
	cacheAsset = "public, max-age=31536000, immutable"
)

// pagePath is the page. Its files are below a hash of them all, because modules import each other by plain names: they are new
// together or not at all.
const pagePath = "/app/"

// pageView is what the page's template sees.
type pageView struct {
	Name string
	Chat string // where the chat with the bot is opened; empty for nowhere
	// OIDC says that people can sign in who come without Telegram.
	OIDC bool
	// Mail says that people can sign in by a code sent by e-mail.
	Mail bool
	// Assets is the folder of the files, Modules are the paths of the scripts.
	Assets  string
	Modules []string
}

// file is one that never changes while the process runs, as it is and smaller.
type file struct {
	mediaType, cache, etag string
	plain, packed          []byte
}

// pages are the page and its files by their paths.
type pages map[string]file

// newPages renders the page. The error says what of it cannot be read or rendered.
func newPages(v pageView) (pages, error) {
	folder, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, err
	}
	bodies, hash, err := readAll(folder)
	if err != nil {
		return nil, fmt.Errorf("files of the page: %w", err)
	}
	v.Assets = pagePath + "assets/" + hash + "/"
	all := make(pages)
	for name, body := range bodies {
		if name == "index.html" {
			continue
		}
		if path.Ext(name) == ".js" {
			v.Modules = append(v.Modules, v.Assets+name)
		}
		if all[v.Assets+name], err = newFile(name, cacheAsset, body); err != nil {
			return nil, err
		}
	}
	t, err := template.New("index").Parse(string(bodies["index.html"]))
	if err != nil {
		return nil, fmt.Errorf("parse the page: %w", err)
	}
	var page bytes.Buffer
	if err := t.Execute(&page, v); err != nil {
		return nil, fmt.Errorf("render the page: %w", err)
	}
	all[pagePath], err = newFile("index.html", cachePage, page.Bytes())
	return all, err
}

// readAll reads the files of a folder, and makes a hash of them all.
func readAll(folder fs.FS) (map[string][]byte, string, error) {
	bodies, sum := make(map[string][]byte), sha256.New()
	err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(folder, name)
		bodies[name] = body
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", name, len(body), body) // a hash takes everything
		return err
	})
	return bodies, hex.EncodeToString(sum.Sum(nil)[:8]), err
}

// mediaTypes of our files, by their endings.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".json": "application/json", ".svg": "image/svg+xml",
}

func newFile(name, cache string, body []byte) (file, error) {
	mediaType, ok := mediaTypes[path.Ext(name)]
	if !ok {
		return file{}, fmt.Errorf("%s: a file of an unknown kind", name)
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return file{}, err
	}
	if _, err := z.Write(body); err != nil {
		return file{}, fmt.Errorf("pack %s: %w", name, err)
	}
	if err := z.Close(); err != nil {
		return file{}, fmt.Errorf("pack %s: %w", name, err)
	}
	sum := sha256.Sum256(body)
	return file{mediaType, cache, `"` + hex.EncodeToString(sum[:8]) + `"`, body, packed.Bytes()}, nil
}

// ServeHTTP serves a file to who may read it: GET and HEAD.
func (f file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h, body := w.Header(), f.plain
	h.Set("Content-Type", f.mediaType)
	h.Set("Cache-Control", f.cache)
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	if takesGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		h.Set("ETag", strings.TrimSuffix(f.etag, `"`)+`-gz"`)
		body = f.packed
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// takesGzip reads the header Accept-Encoding, which can also say that something is not wanted: gzip;q=0.
func takesGzip(accepted string) bool {
	for item := range strings.SplitSeq(accepted, ",") {
		coding, weight, weighed := strings.Cut(item, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		_, value, _ := strings.Cut(weight, "=")
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		return !weighed || err == nil && q > 0
	}
	return false
}
