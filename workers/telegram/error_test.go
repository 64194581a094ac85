package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func refusal(code int, description string) string {
	return fmt.Sprintf(`{"ok":false,"error_code":%d,"description":%q}`, code, description)
}

func TestClasses(t *testing.T) {
	t.Parallel()
	seen := map[Class]bool{Transient: true, Uncertain: true} // those of no answer are tested below
	for _, tt := range []struct {
		method string
		code   int
		words  string
		want   Class
	}{
		{"editMessageText", 400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message", NotModified},
		{"editMessageText", 400, "Bad Request: message to edit not found", NotFound},
		{"editMessageText", 400, "Bad Request: message can't be edited", NotFound},
		{"editMessageText", 400, "Bad Request: MESSAGE_ID_INVALID", NotFound},
		{"deleteMessage", 400, "Bad Request: message to delete not found", NotFound},
		{"deleteMessage", 400, "Bad Request: message can't be deleted for everyone", Permanent},
		{"answerCallbackQuery", 400, "Bad Request: query is too old and response timeout expired or query ID is invalid", TooOld},
		{"sendMessage", 400, "Bad Request: message text is empty", Permanent},
		{"sendMessage", 400, `Bad Request: can't parse entities: Unsupported start tag "x" at byte offset 0`, Permanent},
		{"sendPhoto", 400, "Bad Request: PHOTO_INVALID_DIMENSIONS", BadPhoto},
		{"sendPhoto", 400, "Bad Request: IMAGE_PROCESS_FAILED", BadPhoto},
		{"sendPhoto", 413, "Request Entity Too Large", BadPhoto},
		{"sendDocument", 413, "Request Entity Too Large", BadPhoto},
		{"sendPhoto", 400, "Bad Request: wrong remote file identifier specified: can't unserialize it. Wrong last symbol", BadFile},
		{"sendPhoto", 400, "Bad Request: wrong file identifier/HTTP URL specified", BadFile},
		{"sendMessage", 400, "Bad Request: message to be replied not found", ReplyGone},
		{"sendMessage", 400, "Bad Request: chat not found", Blocked},
		{"sendMessage", 400, "Bad Request: PEER_ID_INVALID", Blocked},
		{"sendMessage", 400, "Bad Request: not enough rights to send text messages to the chat", Blocked},
		{"sendMessage", 403, "Forbidden: bot was blocked by the user", Blocked},
		{"sendMessage", 403, "Forbidden: user is deactivated", Blocked},
		{"sendMessage", 403, "Forbidden: some new reason", Blocked},
		{"sendMessage", 401, "Unauthorized", Unauthorized},
		{"sendMessage", 404, "Not Found", Unauthorized},
		{"getUpdates", 409, "Conflict: terminated by other getUpdates request", Conflict},
		{"sendMessage", 429, "Too Many Requests: retry after 7", RateLimited},
		{"sendMessage", 500, "Internal Server Error", Transient},
		{"sendMessage", 418, "something new", Permanent},
	} {
		if got := classify(tt.code, tt.words, 0); got != tt.want {
			t.Errorf("%s %d %q: %s, want %s", tt.method, tt.code, tt.words, got, tt.want)
		}
		seen[tt.want] = true
	}
	if classify(400, "Bad Request: group chat was upgraded to a supergroup chat", -100) == Migrated {
		seen[Migrated] = true
	}
	for _, class := range Classes() {
		if !seen[class] {
			t.Errorf("no answer gives %s", class)
		}
	}
}

// TestAnswers holds what becomes of answers of all shapes, for a send and for a call that may be repeated.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name             string
		status           int
		body             string
		send, repeatable Class
	}{
		{"page of a gateway", 502, "<html>502</html>", Transient, Transient},
		{"gateway stopped waiting", 504, "<html>504</html>", Uncertain, Transient},
		{"page of a proxy", 403, "<html>403</html>", Transient, Transient},
		{"redirect", 302, "", Transient, Transient},
		{"empty success", 200, "", Uncertain, Transient},
		{"success with a page", 200, "<html>welcome to the hotel</html>", Uncertain, Transient},
		{"not ok, no code", 200, `{"ok":false}`, Uncertain, Transient},
		{"no code, server error", 500, `{"ok":false}`, Transient, Transient},
		{"cut short", 200, `{"ok":true,"result":{"mess`, Uncertain, Transient},
		{"odd result", 200, `{"ok":true,"result":[1]}`, Uncertain, Transient},
		{"result without id", 200, `{"ok":true,"result":{}}`, Uncertain, Transient},
		{"endless", 200, `{"ok":true,"result":{"message_id":1,"x":"` + strings.Repeat("x", maxReply) + `"}}`, Uncertain, Transient},
		{"internal error", 500, refusal(500, "Internal Server Error"), Transient, Transient},
		{"refused", 400, refusal(400, "Bad Request: no"), Permanent, Permanent},
		{"refused with status 200", 200, refusal(403, "Forbidden: bot was blocked by the user"), Blocked, Blocked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, answer(tt.status, tt.body), nil)
			_, err := c.SendMessage(t.Context(), Text{ChatID: 1, HTML: "x"})
			checkClass(t, "SendMessage", err, tt.send)
			_, err = c.SendPhoto(t.Context(), Picture{ChatID: 1, Media: upload("a.png", []byte("x"))})
			checkClass(t, "SendPhoto", err, tt.send)
			_, err = c.EditText(t.Context(), TextEdit{ChatID: 1, MessageID: 2, HTML: "x"})
			checkClass(t, "EditText", err, tt.repeatable)
		})
	}
}

func checkClass(t *testing.T, what string, err error, want Class) {
	t.Helper()
	if got := ClassOf(err); got != want {
		t.Errorf("%s: %q (%v), want %s", what, got, err, want)
	}
	if err != nil {
		noToken(t, what, err.Error())
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	closeAfterReading := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	}
	t.Run("connection closed after the request", func(t *testing.T) {
		t.Parallel()
		c := serve(t, closeAfterReading, nil)
		_, err := c.SendMessage(t.Context(), Text{ChatID: 1, HTML: "x"})
		checkClass(t, "a send", err, Uncertain)
		_, err = c.SendMediaGroup(t.Context(), Album{ChatID: 1, Items: []Media{{FileID: "a"}, {FileID: "b"}}})
		checkClass(t, "an album", err, Uncertain)
		checkClass(t, "a deletion", c.DeleteMessage(t.Context(), 1, 2), Transient)
	})
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
		c, err := New(Config{URL: "http://" + l.Addr().String(), Token: testToken})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.SendMessage(t.Context(), Text{ChatID: 1, HTML: "x"})
		checkClass(t, "a send", err, Transient)
	})
	t.Run("canceled while the answer is awaited", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			cancel()
			<-r.Context().Done()
		}, nil)
		_, err := c.SendMessage(ctx, Text{ChatID: 1, HTML: "x"})
		checkClass(t, "a send", err, Uncertain)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v is not context.Canceled", err)
		}
	})
	t.Run("canceled before", func(t *testing.T) {
		t.Parallel()
		c := serve(t, answer(200, "{}"), nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := c.SendMessage(ctx, Text{ChatID: 1, HTML: "x"})
		checkClass(t, "a send", err, Transient)
	})
}

// TestBrokenUploads: a request whose body could not be read to its end cannot be acted upon.
func TestBrokenUploads(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	open := func(r io.Reader, err error) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return io.NopCloser(r), err }
	}
	for _, tt := range []struct {
		name string
		open func() (io.ReadCloser, error)
		want Class
	}{
		{"cannot be opened", open(nil, broken), Transient},
		{"fails in the middle", open(io.MultiReader(strings.NewReader("12345"), brokenReader{broken}), nil), Transient},
		{"shorter than announced", open(strings.NewReader("12345"), nil), Transient},
		{"longer than announced", open(strings.NewReader("12345678901234567890"), nil), Transient},
		{"panics", func() (io.ReadCloser, error) { panic("bug") }, Transient},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			acted := false
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					return
				}
				acted = true
				_, _ = io.WriteString(w, `{"ok":true,"result":{"message_id":1}}`)
			}, nil)
			_, err := c.SendPhoto(t.Context(), Picture{ChatID: 1, Media: Media{Upload: &Upload{Size: 10, Open: tt.open}}})
			checkClass(t, "SendPhoto", err, tt.want)
			if acted {
				t.Error("the server saw a whole request")
			}
		})
	}
}

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }

func TestTokenStaysInside(t *testing.T) {
	t.Parallel()
	log, lines := logger()
	echo := func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"ok":false,"error_code":400,"description":"no such path %s"}`, r.URL.Path)
	}
	c := serve(t, echo, func(c *Config) { c.Log, c.Pacer = log, &pacer{err: errors.New("redis://bot" + testToken + "@x")} })
	_, err := c.SendMessage(t.Context(), Text{ChatID: 1, HTML: "x"})
	checkClass(t, "an answer that quotes the path", err, Permanent)
	_, _, err = c.Download(t.Context(), "photos/a.png")
	checkClass(t, "a download", err, Permanent)
	noToken(t, "the log", lines.String())
	if lines.Len() == 0 {
		t.Error("nothing was logged, so nothing was tested")
	}

	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	c, err = New(Config{URL: s.URL, Token: testToken})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.GetMe(t.Context())
	checkClass(t, "a dead server", err, Transient)
	for e := err; e != nil; e = errors.Unwrap(e) {
		noToken(t, "a wrapped error", e.Error())
	}
	_, _, err = c.Download(t.Context(), "photos/a.png")
	checkClass(t, "a download from a dead server", err, Transient)

	_, err = New(Config{Token: canary + ":not digits"})
	if err == nil {
		t.Fatal("a malformed token was accepted")
	}
	noToken(t, "the refusal of a token", err.Error())
}

func TestErrorsDoNotQuotePeople(t *testing.T) {
	t.Parallel()
	e := &Error{Method: "sendMessage", Code: 400, Class: Permanent, Description: `can't parse entities: Unsupported start tag "my secret prompt" at byte offset 3`}
	if strings.Contains(e.Error(), "secret") {
		t.Error(e)
	}
}

func TestRetryAfterIsBounded(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int64]time.Duration{0: time.Second, -5: time.Second, 7: 7 * time.Second, 1 << 60: 24 * time.Hour} {
		if got := retryAfter(seconds); got != want {
			t.Errorf("%d: %v, want %v", seconds, got, want)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	called := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(other.Close)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}, func(c *Config) { c.HTTP = &http.Client{} })
	_, err := c.SendMessage(t.Context(), Text{ChatID: 1, HTML: "x"})
	checkClass(t, "a redirect", err, Transient)
	if called {
		t.Error("the token went to another host")
	}
}
