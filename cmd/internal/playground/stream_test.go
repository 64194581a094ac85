package playground_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/playground"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// listener reads an event stream as a browser does.
type listener struct {
	t     *testing.T
	lines *bufio.Scanner
	resp  *http.Response
}

type heard struct {
	Chat    int64
	Action  string
	Message *struct {
		ID      int64
		Text    string
		Out     bool
		Edited  bool
		Deleted bool
	}
	People []struct {
		ID       int64
		Name     string
		Blocked  bool
		Commands []telegramtest.BotCommand
		Messages []struct{ Text, Service string }
	}
	Notice string
}

func listen(t *testing.T, page string) *listener {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page+"api/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
		t.Fatalf("the stream is %q", got)
	}
	l := &listener{t: t, lines: bufio.NewScanner(resp.Body), resp: resp}
	l.lines.Buffer(nil, 1<<20)
	return l
}

// next returns the next event of the name; the test's own time limit ends a wait.
func (l *listener) next(name string) heard {
	l.t.Helper()
	for current := ""; l.lines.Scan(); {
		field, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch {
		case field == "event":
			current = value
		case value == `{"panel":true}`: // that there was a call
		case field == "data" && current == name:
			var h heard
			if err := json.Unmarshal([]byte(value), &h); err != nil {
				l.t.Fatalf("%s: %v", value, err)
			}
			return h
		case field == "data":
			l.t.Fatalf("event %q came, want %q", current, name)
		}
	}
	l.t.Fatalf("the stream ended: %v", l.lines.Err())
	return heard{}
}

func TestStream(t *testing.T) {
	t.Parallel()
	web, tg := serveWeb(t)
	ada := tg.People()[0]
	ada.Start("")
	l := listen(t, web.page)
	state := l.next("state")
	if len(state.People) != 1 || state.People[0].Messages[0].Text != "/start" || state.Notice != playground.DefaultNotice {
		t.Fatalf("the state is %+v", state)
	}

	said := ada.Text("hello")
	if h := l.next("event"); h.Chat != ada.ID() || !h.Message.Out || h.Message.Text != "hello" {
		t.Errorf("a text came as %+v", h)
	}
	api := &bot{t: t, base: tg.URL() + "/bot" + tg.Token() + "/"}
	api.call(t.Context(), "sendChatAction", params{"chat_id": ada.ID(), "action": "upload_photo"}, nil)
	if h := l.next("event"); h.Action != "upload_photo" {
		t.Errorf("an action came as %+v", h)
	}
	var status telegramtest.Message
	api.call(t.Context(), "sendMessage", params{"chat_id": ada.ID(), "text": "one"}, &status)
	if h := l.next("event"); h.Message.Out || h.Message.Text != "one" {
		t.Errorf("the bot's text came as %+v", h)
	}
	api.call(t.Context(), "editMessageText", params{"chat_id": ada.ID(), "message_id": status.MessageID, "text": "two"}, nil)
	if h := l.next("event"); !h.Message.Edited || h.Message.ID != status.MessageID || h.Message.Text != "two" {
		t.Errorf("an edit came as %+v", h)
	}
	if err := ada.Delete(said.MessageID); err != nil {
		t.Fatal(err)
	}
	if h := l.next("event"); !h.Message.Deleted || h.Message.ID != said.MessageID {
		t.Errorf("a deletion came as %+v", h)
	}
	api.call(t.Context(), "setMyCommands", params{"commands": []params{{"command": "help", "description": "Help"}}}, nil)
	if h := l.next("event"); len(h.People) != 1 || h.People[0].Commands[0].Command != "help" || h.People[0].Messages != nil {
		t.Errorf("commands came as %+v", h)
	}
	if code, got := ask(t, "POST", web.page+"api/people", `{"first_name":"Boris","language_code":"ru"}`, nil); code != 200 {
		t.Fatal(got)
	}
	if h := l.next("event"); len(h.People) != 2 || h.People[1].Name != "Boris" {
		t.Errorf("somebody new came as %+v", h)
	}
	if err := web.pg.Close(); err != nil {
		t.Fatal(err)
	}
	for l.lines.Scan() {
		if text := l.lines.Text(); text != "" {
			t.Errorf("after Close the stream says %q", text)
		}
	}
}

func TestSnapshotSurvivesRestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "playground.json")
	tg := telegramtest.NewTest(t)
	first := open(t, tg, path)
	ada := tg.People()[0]
	sent := ada.Photo(dot(t), "keep me")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the snapshot: %v, %v", info, err)
	}

	again := telegramtest.NewTest(t)
	second := open(t, again, path)
	defer func() { _ = second.Close() }()
	people := again.People()
	if len(people) != 1 || people[0].ID() != ada.ID() || people[0].User().FirstName != "Ada" {
		t.Fatalf("the people are %v", people)
	}
	m, ok := people[0].Message(sent.MessageID)
	if !ok || m.Caption != "keep me" {
		t.Errorf("the message is %+v", m)
	}
	if _, content, ok := again.File(m.FileIDs()[0]); !ok || len(content) == 0 {
		t.Error("the picture is gone")
	}
	if n := len(again.PendingUpdates()); n != 1 {
		t.Errorf("%d updates wait for the bot, want the unconfirmed one", n)
	}
}

// TestSnapshotWithoutClose is the crash: what was said is on disk a moment later.
func TestSnapshotWithoutClose(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "playground.json")
	tg := telegramtest.NewTest(t)
	pg := open(t, tg, path)
	t.Cleanup(func() { _ = pg.Close() })
	tg.People()[0].Text("before the crash")
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); ; <-tick.C {
		if data, err := os.ReadFile(path); err == nil && strings.Contains(string(data), "before the crash") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the snapshot was not written")
		}
	}
}

func TestDamagedSnapshotIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "playground.json")
	if err := os.WriteFile(path, []byte("not a snapshot"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := playground.New(playground.Options{Server: telegramtest.NewTest(t), SavePath: path}); err == nil {
		t.Fatal("a damaged snapshot is no error")
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "not a snapshot" {
		t.Errorf("the file is %q, %v", data, err)
	}
}

func TestNewNeedsServer(t *testing.T) {
	t.Parallel()
	if _, err := playground.New(playground.Options{}); err == nil {
		t.Fatal("no server is no error")
	}
}

func open(t *testing.T, tg *telegramtest.Server, path string) *playground.Playground {
	t.Helper()
	pg, err := playground.New(playground.Options{Server: tg, SavePath: path})
	if err != nil {
		t.Fatal(err)
	}
	return pg
}
