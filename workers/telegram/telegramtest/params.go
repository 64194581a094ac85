package telegramtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxUpload = 50 << 20           // of one file, in bytes
	maxBody   = maxUpload + 10<<20 // of a whole request
	maxText   = 4 << 20            // of a body without uploads
	maxShown  = 4 << 10            // of a parameter in a Call
	attach    = "attach://"        // the prefix that names an uploaded part
)

// call is one request: its parameters as text, its uploads, and what was found
// wrong with it.
type call struct {
	ctx        context.Context
	method     string
	def        *object
	started    time.Time
	values     map[string]string
	files      map[string]*upload
	web        map[string]web // what its URLs served, once fetched
	fault      FaultKind
	insecure   bool // takes Mini Apps without TLS
	violations []Violation
}

// upload is an uploaded part. Used is set when a parameter refers to it.
type upload struct {
	name, mimeType string
	content        []byte
	used           bool
}

var errTooLarge = &apiError{Code: http.StatusRequestEntityTooLarge, Description: "Request Entity Too Large"}

// read collects the parameters from the query and from a body of any kind that the
// Bot API takes.
func (c *call) read(w http.ResponseWriter, r *http.Request) error {
	c.values, c.files = map[string]string{}, map[string]*upload{}
	for name, vs := range r.URL.Query() {
		c.values[name] = vs[0]
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return &apiError{Code: http.StatusMethodNotAllowed, Description: "Method Not Allowed: method not allowed"}
	}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	var err error
	switch kind {
	case "multipart/form-data":
		err = c.readMultipart(multipart.NewReader(r.Body, params["boundary"]))
	case "application/json":
		err = c.readJSON(r.Body)
	case "application/x-www-form-urlencoded":
		if err = r.ParseForm(); err == nil {
			for name, vs := range r.PostForm {
				c.values[name] = vs[0]
			}
		}
	default:
		_, err = io.Copy(io.Discard, r.Body)
	}
	return c.readError(err)
}

// readError words what went wrong with reading, and with the text that was read.
func (c *call) readError(err error) error {
	var tooLong *http.MaxBytesError
	var refusal *apiError
	switch {
	case errors.As(err, &tooLong):
		return errTooLarge
	case errors.As(err, &refusal):
		return refusal
	case err != nil:
		return bad("can't parse the request body")
	}
	for _, v := range c.values {
		if !utf8.ValidString(v) {
			return bad("strings must be encoded in UTF-8")
		}
	}
	return nil
}

// readJSON takes an object of strings or native values; null and nothing mean no
// parameters.
func (c *call) readJSON(r io.Reader) error {
	body, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err != nil {
		return err
	}
	if len(body) > maxText {
		return errTooLarge
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	var raw map[string]json.RawMessage
	if json.Unmarshal(body, &raw) != nil {
		return bad("can't parse JSON object")
	}
	for name, v := range raw {
		var text string
		if json.Unmarshal(v, &text) != nil || string(v) == "null" {
			text = string(v)
		}
		if text != "null" {
			c.values[name] = text
		}
	}
	return nil
}

func (c *call) readMultipart(r *multipart.Reader) error {
	for {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		// A part is a file when it has a filename, even an empty one.
		_, params, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		name, isFile := params["filename"]
		if !isFile {
			c.values[part.FormName()] = string(content)
			continue
		}
		if len(content) > maxUpload {
			return errTooLarge
		}
		c.files[part.FormName()] = &upload{name: name, mimeType: part.Header.Get("Content-Type"), content: content}
	}
}

// violate records something that Telegram would let pass.
func (c *call) violate(detail string) {
	c.violations = append(c.violations, Violation{Method: c.method, Detail: detail})
}

// violateUnused complains about uploads that no parameter refers to.
func (c *call) violateUnused() {
	for _, part := range slices.Sorted(maps.Keys(c.files)) {
		if u := c.files[part]; !u.used && !strings.Contains(strings.Join(slices.Collect(maps.Values(c.values)), "\n"), attach+part) {
			if _, known := c.def.fields[part]; !known {
				c.violate("nothing refers to the uploaded part " + strconv.Quote(part))
			}
		}
	}
}

// shown is the parameters as a [Call] lists them.
func (c *call) shown() map[string]string {
	out := make(map[string]string, len(c.values))
	for name, v := range c.values {
		if len(v) > maxShown {
			v = strings.ToValidUTF8(v[:maxShown], "") + "…"
		}
		out[name] = v
	}
	return out
}

func (c *call) shownFiles() (out []CallFile) {
	for _, part := range slices.Sorted(maps.Keys(c.files)) {
		u := c.files[part]
		out = append(out, CallFile{Part: part, Name: u.name, Size: int64(len(u.content))})
	}
	return out
}

// str is a text parameter.
func (c *call) str(name string) string { return c.values[name] }

// has reports whether a parameter has a value.
func (c *call) has(name string) bool { return c.values[name] != "" && c.values[name] != "null" }

// num is a number; what is no number counts as 0, as at Telegram.
func (c *call) num(name string) int64 {
	n, _ := strconv.ParseInt(strings.TrimSpace(c.values[name]), 10, 64)
	return n
}

// clamp is a number within bounds, or a default.
func (c *call) clamp(name string, low, high, otherwise int64) int64 {
	if !c.has(name) {
		return otherwise
	}
	return min(max(c.num(name), low), high)
}

// flag is a yes or no in any of Telegram's spellings.
func (c *call) flag(name string) bool {
	switch strings.ToLower(strings.TrimSpace(c.values[name])) {
	case "true", "yes", "1":
		return true
	}
	return false
}

// decode reads a JSON parameter into v; what names it in the refusal.
func (c *call) decode(name, what string, v any) error {
	if !c.has(name) {
		return nil
	}
	if err := json.Unmarshal([]byte(c.values[name]), v); err != nil {
		return bad("can't parse %s JSON object", what)
	}
	return nil
}
