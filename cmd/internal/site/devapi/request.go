package devapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// Bounds of what is read.
const (
	maxJSON     = 256 << 10
	maxPictures = 10
	maxForm     = 64 << 20
	maxKey      = 255 // characters of an Idempotency-Key
	maxName     = 100 // characters of a field that nobody knows, of those that are said again
)

// request is what a program asks for: all that can be a field of it. What is in none of them is refused, as OpenAI does.
type request struct {
	Prompt         string  `json:"prompt"`
	Model          *string `json:"model"`
	N              *int    `json:"n"`
	Size           *string `json:"size"`
	Quality        *string `json:"quality"`
	ResponseFormat *string `json:"response_format"`
	OutputFormat   *string `json:"output_format"`
	Stream         *bool   `json:"stream"`
	Style          *string `json:"style"`
	// Fields of OpenAI's that change nothing here. They are refused where they would have to.
	User              *string `json:"user"`
	Moderation        *string `json:"moderation"`
	Background        *string `json:"background"`
	InputFidelity     *string `json:"input_fidelity"`
	OutputCompression *int    `json:"output_compression"`
	PartialImages     *int    `json:"partial_images"`
	// Beyond OpenAI's.
	NegativePrompt *string `json:"negative_prompt"`
	Seed           *int64  `json:"seed"`
	Async          *bool   `json:"async"`
	WebhookURL     *string `json:"webhook_url"`

	images [][]byte
	room   room // which the images lie in
}

// waits reports whether who asks wants to hear of the end.
func (q request) waits(r *http.Request) bool {
	return !value(q.Async) && !strings.Contains(r.Header.Get("Prefer"), "respond-async")
}

// arriving bounds how long a body takes, until it has arrived: what follows it may take longer. One that does not arrive keeps its
// deadline, so that nothing waits for the rest of it.
func (a *API) arriving(w http.ResponseWriter) (arrived func()) {
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(a.BodyTime)) // a writer that is no connection has none
	return func() { _ = conn.SetReadDeadline(time.Time{}) }
}

// readJSON reads a request.
func (a *API) readJSON(w http.ResponseWriter, r *http.Request) (request, error) {
	var q request
	arrived := a.arriving(w)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJSON))
	if err != nil {
		return q, unreadable(err)
	}
	arrived()
	var fields map[string]json.RawMessage
	err = json.Unmarshal(body, &fields)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return q, failure{http.StatusBadRequest, kindInvalid, "invalid_type", "", "The body is not a JSON object."}
	}
	if err != nil {
		return q, failure{http.StatusBadRequest, kindInvalid, "invalid_json", "", "The body is not JSON that can be read."}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !isText(name) && !isNumber(name) {
			return q, unknown(name)
		}
	}
	return q, q.fill(fields)
}

// isText and isNumber say which fields there are, and what they look like in a form: numbers and switches are JSON as they stand.
func isText(name string) bool {
	switch name {
	case "prompt", "model", "size", "quality", "response_format", "output_format", "style", "user", "moderation", "background", "input_fidelity",
		"negative_prompt", "webhook_url":
		return true
	}
	return false
}

func isNumber(name string) bool {
	switch name {
	case "n", "stream", "output_compression", "partial_images", "seed", "async":
		return true
	}
	return false
}

func unknown(name string) error {
	if utf8.RuneCountInString(name) > maxName {
		name = string([]rune(name)[:maxName]) + "…"
	}
	return failure{http.StatusBadRequest, kindInvalid, "unknown_parameter", name, "Unknown parameter: '" + name + "'."}
}

func unreadable(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return failure{http.StatusRequestEntityTooLarge, kindInvalid, "request_too_large", "", "The body is too large."}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return failure{http.StatusBadRequest, kindInvalid, "unreadable", "", "The body came too slowly."}
	}
	return failure{http.StatusBadRequest, kindInvalid, "unreadable", "", "The body could not be read."}
}

// readForm reads a request about pictures: multipart/form-data, with the pictures as image or image[].
func (a *API) readForm(w http.ResponseWriter, r *http.Request) (request, error) {
	var q request
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return q, failure{http.StatusBadRequest, kindInvalid, "invalid_content_type", "", "Send multipart/form-data, with the pictures as image[]."}
	}
	arrived, body := a.arriving(w), a.pace(w, r)
	q.room = make(room, 0, lengthOf(r))
	fields, err := q.takeAll(multipart.NewReader(body, params["boundary"]))
	if err != nil {
		return q, err
	}
	// Only a body that was read to its end lets the server see that its sender hangs up.
	if _, err := io.Copy(io.Discard, body); err != nil {
		return q, unreadable(err)
	}
	arrived()
	if err := q.fill(fields); err != nil {
		return q, err
	}
	if len(q.images) == 0 {
		return q, failure{http.StatusBadRequest, kindInvalid, "missing_required_parameter", "image", "Missing required parameter: 'image'."}
	}
	return q, nil
}

// takeAll reads the parts of a form.
func (q *request) takeAll(parts *multipart.Reader) (map[string]json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return fields, nil
		}
		if err != nil {
			return nil, unreadable(err)
		}
		if err := q.take(part, fields); err != nil {
			return nil, err
		}
	}
}

// fill puts in the fields.
func (q *request) fill(fields map[string]json.RawMessage) error {
	body, err := json.Marshal(fields)
	if err == nil {
		err = json.Unmarshal(body, q)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return failure{http.StatusBadRequest, kindInvalid, "invalid_type", wrong.Field, "Invalid type for '" + wrong.Field + "': got " + wrong.Value + "."}
	}
	return err
}

// take reads a part: a picture, or a field.
func (q *request) take(part *multipart.Part, fields map[string]json.RawMessage) error {
	switch name := strings.TrimSuffix(part.FormName(), "[]"); {
	case name == "mask":
		return invalid("mask", "Masks are not supported: say in words what is to change.")
	case name == "image":
		return q.takeImage(part)
	case isNumber(name):
		var body bytes.Buffer
		if err := takeMost(&body, part, name, maxJSON); err != nil {
			return err
		}
		if !json.Valid(body.Bytes()) {
			return failure{http.StatusBadRequest, kindInvalid, "invalid_type", name, "Invalid type for '" + name + "'."}
		}
		fields[name] = body.Bytes()
	case isText(name):
		var body strings.Builder
		if err := takeMost(&body, part, name, maxJSON); err != nil {
			return err
		}
		text, err := json.Marshal(body.String())
		if err != nil {
			return err
		}
		fields[name] = text
	default:
		return unknown(part.FormName())
	}
	return nil
}

func (q *request) takeImage(part *multipart.Part) error {
	if len(q.images) == maxPictures {
		return invalid("image", "There are too many pictures.")
	}
	begin := len(q.room)
	if err := takeMost(&q.room, part, "image", workers.MaxPictureBytes+1); err != nil {
		return err
	}
	q.images = append(q.images, q.room[begin:len(q.room):len(q.room)])
	return nil
}

// takeMost reads a part of at most so many bytes.
func takeMost(to io.Writer, part *multipart.Part, name string, most int64) error {
	if n, err := io.CopyN(to, part, most+1); err == nil || n > most || errors.Is(err, errFull) {
		return failure{http.StatusRequestEntityTooLarge, kindInvalid, "request_too_large", name, "'" + name + "' is too large."}
	} else if !errors.Is(err, io.EOF) {
		return unreadable(err)
	}
	return nil
}

// value is what a field that may be left out says.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

var sizeForm = regexp.MustCompile(`^(\d{2,5})x(\d{2,5})$`)

// wish is the request as the product understands it.
func (q request) wish(r *http.Request, c caller) (workers.Wish, error) {
	w := workers.Wish{
		Origin: storage.OriginAPI, Form: storage.FormPull, Token: c.token.ID, Key: r.Header.Get("Idempotency-Key"), Prompt: q.Prompt, Negative: value(q.NegativePrompt),
		Model: value(q.Model), Count: value(q.N), Seed: q.Seed, References: q.images, Webhook: value(q.WebhookURL),
	}
	if strings.TrimSpace(q.Prompt) == "" {
		return w, failure{http.StatusBadRequest, kindInvalid, "missing_required_parameter", "prompt", "Missing required parameter: 'prompt'."}
	}
	if len(w.Key) > maxKey {
		return w, invalid("Idempotency-Key", "The Idempotency-Key is too long: at most "+strconv.Itoa(maxKey)+" characters.")
	}
	if q.N != nil && *q.N < 1 {
		return w, invalid("n", "Invalid 'n': at least 1.")
	}
	if err := q.shape(&w); err != nil {
		return w, err
	}
	if style := value(q.Style); style != "vivid" && style != "natural" { // which are DALL·E's
		w.Style = style
	}
	switch value(q.Quality) {
	case "standard", "auto":
	case "hd":
		w.Quality = "high"
	default:
		w.Quality = value(q.Quality)
	}
	if err := q.hints(); err != nil {
		return w, err
	}
	return w, webhookForm(w.Webhook)
}

// hints refuses what says how the answer is to look and cannot be, or cannot be had.
func (q request) hints() error {
	for _, f := range []struct {
		name  string
		value *string
		can   []string
		note  string
	}{
		{"response_format", q.ResponseFormat, []string{formatURL, formatB64}, ""},
		{"output_format", q.OutputFormat, []string{"png", "jpeg", "webp"}, " It is a hint; the answer says what it became."},
		{"background", q.Background, []string{"auto", "opaque"}, " Transparent ones are not supported."},
		{"moderation", q.Moderation, []string{"auto", "low"}, " The rules are the same for both."},
		{"input_fidelity", q.InputFidelity, []string{"low"}, " A higher one is not supported."},
	} {
		if said := value(f.value); said != "" && !slices.Contains(f.can, said) {
			return invalid(f.name, "Invalid '"+f.name+"': "+strings.Join(f.can, ", ")+"."+f.note)
		}
	}
	for _, f := range []struct {
		name  string
		value *int
		most  int
	}{{"output_compression", q.OutputCompression, 100}, {"partial_images", q.PartialImages, 3}} {
		if said := value(f.value); said < 0 || said > f.most {
			return invalid(f.name, "Invalid '"+f.name+"': 0 to "+strconv.Itoa(f.most)+".")
		}
	}
	return nil
}

// shape reads a size: auto, 1024x1024 or 16:9.
func (q request) shape(w *workers.Wish) error {
	size := value(q.Size)
	switch m := sizeForm.FindStringSubmatch(size); {
	case size == "" || size == "auto":
	case m != nil:
		w.Width, _ = strconv.Atoi(m[1])
		w.Height, _ = strconv.Atoi(m[2])
		if w.Width*w.Height == 0 {
			return invalid("size", "Invalid 'size'.")
		}
	case strings.Contains(size, ":"):
		w.Aspect = size
	default:
		return invalid("size", "Invalid 'size': auto, a size such as 1024x1024, or a ratio such as 16:9.")
	}
	return nil
}

// webhookForm refuses addresses that nobody would be told at.
func webhookForm(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(address) > 2000 {
		return invalid("webhook_url", "Invalid 'webhook_url': an https:// address without a name and password.")
	}
	return nil
}
