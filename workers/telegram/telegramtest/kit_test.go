package telegramtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// answer is what the server says to a call.
type answer struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`
		MigrateTo  int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
	status int
}

// into decodes the result, failing the test if the call was refused.
func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if !a.OK {
		t.Fatalf("refused: %d %s", a.Code, a.Description)
	}
	if err := json.Unmarshal(a.Result, v); err != nil {
		t.Fatalf("result %s: %v", a.Result, err)
	}
}

// message decodes the result as a message.
func (a answer) message(t *testing.T) (m Message) {
	t.Helper()
	a.into(t, &m)
	return m
}

type params map[string]any

// do calls a method with a JSON body.
func do(t *testing.T, s *Server, method string, p params) answer {
	t.Helper()
	body, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return post(t, s, method, "application/json", bytes.NewReader(body))
}

func post(t *testing.T, s *Server, method, contentType string, body io.Reader) answer {
	t.Helper()
	a, err := tryPost(t, s, method, contentType, body)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func tryPost(t *testing.T, s *Server, method, contentType string, body io.Reader) (a answer, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/bot"+s.Token()+"/"+method, body)
	if err != nil {
		return a, err
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	err = json.NewDecoder(resp.Body).Decode(&a)
	a.status = resp.StatusCode
	return a, err
}

// form is a multipart body: values as they are, files under their part's name.
func form(t *testing.T, values map[string]string, files map[string][]byte) (contentType string, body io.Reader) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, v := range values {
		if err := w.WriteField(name, v); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range files {
		part, err := w.CreateFormFile(name, name+".png")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), &b
}

// picture is a PNG of one color.
func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	img := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.RGBA{200, 80, 20, 255}})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// lenient is a server whose violations are collected instead of failing the test.
func lenient(t *testing.T, o Options) *Server {
	t.Helper()
	o.OnViolation = func(Violation) {}
	return NewTest(t, o)
}

// started is a server with somebody who has pressed Start.
func started(t *testing.T) (*Server, *Person) {
	t.Helper()
	s := NewTest(t)
	ann := s.Person(PersonConfig{FirstName: "Ann", Username: "ann_test", LanguageCode: "en"})
	ann.Start("")
	return s, ann
}

// recorder is a [TB] that notes failures instead of failing.
type recorder struct {
	mu     sync.Mutex
	errors []string
	ends   []func()
}

func (*recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...) }

func (r *recorder) Cleanup(f func()) { r.ends = append(r.ends, f) }

type page struct {
	code int
	body []byte
}

func get(t *testing.T, url string) page {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{resp.StatusCode, body}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
