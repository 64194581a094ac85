package site

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/workers/status"
)

// service is one whose status page is tested: what is measured, what was said, and how often somebody asked for either.
type service struct {
	readings  status.Readings
	incidents []status.Incident
	away      atomic.Bool // the database with the incidents
	looks     atomic.Int64
}

func newService() *service {
	q := status.Queue{Workers: 4, Target: 2 * time.Second, Last: status.Range{P50: time.Second, P95: 3 * time.Second}}
	return &service{readings: status.Readings{
		Parts: status.Parts(),
		Up:    map[status.Part]bool{status.Website: true, status.Telegram: true, status.Accounts: true, status.Pictures: true, status.Line: true},
		Queues: map[status.Part]status.Queue{
			status.Bot: q, status.Delivery: q, status.Conversations: q, status.Payments: q,
			status.Images: {Workers: 4, Target: time.Minute, Waiting: 3, Active: 1, Oldest: 12 * time.Second},
		},
		Models: []status.ModelReading{
			{Name: "flux", Title: map[string]string{"en": "FLUX"}, Routes: []status.Route{{Service: "fal.ai", State: status.Works}, {Service: "Replicate", State: status.Works}}, Take: status.Range{P50: 4 * time.Second, P95: 9 * time.Second}},
			{Name: "gpt", Title: map[string]string{"en": "GPT Image"}, Routes: []status.Route{{Service: "OpenAI", State: status.Works}}},
		},
	}}
}

func (s *service) options() Options {
	return Options{
		BotUsername: "imagika_bot", PublicURL: "https://imagika.example", Security: "security@imagika.example",
		Status: func(context.Context) status.Board {
			s.looks.Add(1)
			r := s.readings
			r.At = time.Now()
			return status.Judge(r)
		},
		Incidents: func(context.Context, time.Time) ([]status.Incident, error) {
			if s.away.Load() {
				return nil, errors.New("the database is away")
			}
			return s.incidents, nil
		},
	}
}

// late is an incident that lasts.
func late(ago time.Duration, title, words string) status.Incident {
	at := time.Now().Add(-ago)
	return status.Incident{
		ID: "01KB2W8XGTQ4N0V7P6M5R3S1Z9", Impact: status.Degraded, Stage: "investigating", Parts: []status.Part{status.Images}, Began: at,
		Title: map[string]string{"en": title}, Updates: []status.Update{{ID: "u1", Stage: "investigating", Text: map[string]string{"en": words}, At: at}},
	}
}

const hostile = `<script>alert(1)</script> & "co" ]]>`

// An incident that lasts lowers its parts, and no other; what is only announced lowers nothing.
func TestIncidentsLowerTheirParts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		impact, want, word string
		ago                time.Duration
	}{
		{status.Degraded, "slow", "slow", time.Hour},
		{status.Outage, "partly", "works in part", time.Hour},
		{status.Notice, "works", "works", time.Hour},
		{status.Outage, "works", "works", -time.Hour},
	} {
		s := newService()
		i := late(tt.ago, "Pictures are late", "We look.")
		i.Impact = tt.impact
		s.incidents = []status.Incident{i}
		h := newSite(t, s.options())
		var b machineBoard
		if err := json.Unmarshal([]byte(read(t, ask(t, h, "GET", "/status.json", ""))), &b); err != nil {
			t.Fatal(err)
		}
		html := read(t, ask(t, h, "GET", "/status", ""))
		for _, p := range b.Parts {
			want := "works"
			if p.ID == string(status.Images) {
				if want = tt.want; !strings.Contains(html, p.Name+`</span> <span class="word">`+tt.word+"<") {
					t.Errorf("%+v: the page does not say %q of %s:\n%s", tt, tt.word, p.Name, html)
				}
			}
			if string(p.Status) != want {
				t.Errorf("%+v: %s is %s, want %s", tt, p.ID, p.Status, want)
			}
		}
	}
}

func TestStatusPage(t *testing.T) {
	t.Parallel()
	over := late(48*time.Hour, "Over now", "Mended.")
	over.ID, over.Stage, over.Resolved = "01KB2W8XGTQ4N0V7P6M5R3S1Z8", status.Resolved, over.Began.Add(2*time.Hour)
	planned := late(-24*time.Hour, "New disks", "We move.")
	planned.ID, planned.Impact = "01KB2W8XGTQ4N0V7P6M5R3S1Z7", status.Notice
	today := min(time.Hour, time.Since(time.Now().UTC().Truncate(24*time.Hour))) // ago, and not yesterday
	tests := []struct {
		desc      string
		change    func(s *service)
		has, lack []string
		status    string
	}{
		{"healthy", func(*service) {}, []string{"All systems work", "takes 4\u00a0s, rarely over 9\u00a0s", "3 waiting, the first for 12\u00a0s", "No problems were reported"}, []string{"not available", "wrong now", "cannot be read"}, "works"},
		{"one service held back", func(s *service) { s.readings.Models[0].Routes[0].State = status.Away }, []string{"All systems work", "fal.ai: not available"}, nil, "works"},
		{"a model held back", func(s *service) { s.readings.Models[1].Routes[0].State = status.Away }, []string{"Some things do not work", "works in part"}, nil, "partly"},
		{"Redis away", func(s *service) { s.readings.Up[status.Line], s.readings.Queues = false, nil }, []string{"Imagika does not work right now", "not available"}, []string{"waiting, the first"}, "away"},
		{"database away", func(s *service) { s.readings.Up[status.Accounts] = false; s.away.Store(true) }, []string{"Imagika does not work right now", "What was reported cannot be read right now"}, nil, "away"},
		{"an incident", func(s *service) {
			s.incidents = []status.Incident{late(today, "Pictures are late", "We look.\n\nAnd look.")}
		}, []string{"There is a known problem", "wrong now", "<p>And look.</p>", "1 day with problems", "Investigating"}, []string{"All systems work"}, "slow"},
		{"one that is over", func(s *service) { s.incidents = []status.Incident{over} }, []string{"All systems work", "Over now", "2\u00a0h"}, []string{"wrong now"}, "works"},
		{"planned work", func(s *service) { s.incidents = []status.Incident{planned} }, []string{"All systems work", "Planned for", "New disks", "No problems were reported"}, []string{"wrong now"}, "works"},
		{"hostile words", func(s *service) { s.incidents = []status.Incident{late(time.Hour, hostile, hostile)} }, []string{"&lt;script&gt;alert(1)&lt;/script&gt; &amp;"}, nil, "slow"},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			s := newService()
			tt.change(s)
			h := newSite(t, s.options())
			var pages []string
			for _, tongue := range tongues() {
				pages = append(pages, at(tongue.Tag, "/status"))
				for _, i := range s.incidents {
					pages = append(pages, at(tongue.Tag, "/status/"+i.ID))
				}
			}
			for _, target := range pages {
				res := ask(t, h, "GET", target, "")
				html := read(t, res)
				checkPage(t, target, html)
				if res.StatusCode != http.StatusOK || res.Header.Get("Content-Security-Policy") != sources {
					t.Errorf("%s = %d, %v", target, res.StatusCode, res.Header)
				}
			}
			if err := h.(*site).pages.words.err(); err != nil {
				t.Error(err)
			}
			html := read(t, ask(t, h, "GET", "/status", ""))
			for _, want := range tt.has {
				if !strings.Contains(html, want) {
					t.Errorf("does not say %q", want)
				}
			}
			for _, refused := range tt.lack {
				if strings.Contains(html, refused) {
					t.Errorf("says %q", refused)
				}
			}
			var b machineBoard
			if err := json.Unmarshal([]byte(read(t, ask(t, h, "GET", "/status.json", ""))), &b); err != nil || string(b.Status) != tt.status || b.Known == s.away.Load() {
				t.Errorf("for monitors: %+v, %v, want %s", b, err, tt.status)
			}
			if t.Failed() {
				t.Log(html)
			}
		})
	}
}

// However many ask, everything is measured once; and a look that takes its time keeps nobody from the one before.
func TestStatusUnderAFlood(t *testing.T) {
	t.Parallel()
	s := newService()
	h := newSite(t, s.options())
	var all sync.WaitGroup
	for range 2000 {
		all.Go(func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/status", nil))
			if w.Code != http.StatusOK {
				t.Errorf("answered %d", w.Code)
			}
		})
	}
	all.Wait()
	if n := s.looks.Load(); n > 3 {
		t.Errorf("2,000 requests looked %d times", n)
	}
}

// While the database is away, what was known before is shown, with its time.
func TestStatusKeepsWhatItKnew(t *testing.T) {
	t.Parallel()
	s := newService()
	s.incidents = []status.Incident{late(time.Hour, "Pictures are late", "We look.")}
	o := s.options()
	l := &observer{options: o.withDefaults()}
	if before := l.get(t.Context()); len(before.incidents) != 1 || !before.current {
		t.Fatalf("%+v", before.incidents)
	}
	s.away.Store(true)
	l.mu.Lock()
	l.at = time.Now().Add(-lookStale)
	l.mu.Unlock()
	if now := l.get(t.Context()); len(now.incidents) != 1 || now.current || now.known.IsZero() {
		t.Errorf("%d incidents, current %t", len(now.incidents), now.current)
	}
}

// The feed is well-formed Atom whose ids stay what they are.
func TestStatusFeed(t *testing.T) {
	t.Parallel()
	s := newService()
	s.incidents = []status.Incident{late(time.Hour, hostile, hostile)}
	h := newSite(t, s.options())
	res := ask(t, h, "GET", "/status.atom", "")
	var f atomFeed
	body := read(t, res)
	if err := xml.Unmarshal([]byte(body), &f); err != nil || res.Header.Get("Content-Type") != "application/atom+xml; charset=utf-8" {
		t.Fatalf("%v, %v:\n%s", err, res.Header, body)
	}
	if f.ID != "https://imagika.example/status" || f.Updated != rfc3339(s.incidents[0].Began) || len(f.Entries) != 1 || len(f.Links) != 2 || f.Author.Name != "Imagika" {
		t.Fatalf("%+v", f)
	}
	e := f.Entries[0]
	if e.ID != "https://imagika.example/status/"+s.incidents[0].ID || e.Title != hostile || e.Content.Type != "html" || strings.Contains(e.Content.Body, "<script") {
		t.Errorf("%+v", e)
	}
	if res := ask(t, newSite(t, Options{Status: s.options().Status, Incidents: s.options().Incidents}), "GET", "/status.atom", ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("without an address there is a feed: %d", res.StatusCode)
	}
	for _, missing := range []string{"/status/none", "/status/" + s.incidents[0].ID + "/x", "/status/..%2fprivacy"} {
		if res := ask(t, h, "GET", missing, ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s = %d", missing, res.StatusCode)
		}
	}
}

func TestSecurityTxt(t *testing.T) {
	t.Parallel()
	for contact, uri := range map[string]string{
		"security@imagika.example":   "mailto:security@imagika.example",
		"mailto:a.b@imagika.example": "mailto:a.b@imagika.example",
		"@imagika_help":              "https://t.me/imagika_help",
		"https://imagika.example/in": "https://imagika.example/in",
		"":                           "",
		"ask Ann at the desk":        "",
		"@no way":                    "",
		"http://imagika.example":     "",
		"javascript:alert(1)":        "",
		"a@b.c\nContact: mailto:e@e": "",
	} {
		h := newSite(t, Options{Security: contact, PublicURL: "https://imagika.example"})
		res := ask(t, h, "GET", "/.well-known/security.txt", "")
		body := read(t, res)
		if uri == "" {
			if res.StatusCode != http.StatusNotFound || ask(t, h, "GET", "/security", "").StatusCode != http.StatusNotFound {
				t.Errorf("%q: %d", contact, res.StatusCode)
			}
			continue
		}
		fields := map[string]string{}
		for line := range strings.Lines(body) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			fields[name] = value
		}
		expires, err := time.Parse(time.RFC3339, fields["Expires"])
		if left := time.Until(expires); err != nil || left < 24*time.Hour || left > 365*24*time.Hour {
			t.Errorf("%q expires %q, %v", contact, fields["Expires"], err)
		}
		if fields["Contact"] != uri || fields["Canonical"] != "https://imagika.example/.well-known/security.txt" || fields["Policy"] != "https://imagika.example/security" ||
			fields["Preferred-Languages"] == "" || len(fields) != 5 || res.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%q: %s, %v", contact, body, res.Header)
		}
		html := read(t, ask(t, h, "GET", "/security", ""))
		checkPage(t, "/security", html)
		if !strings.Contains(html, `href="`+uri+`"`) {
			t.Errorf("%q: the page does not lead there:\n%s", contact, html)
		}
	}
}

// Everybody reads it in the language of the address, and what was said in theirs where it was.
func TestStatusLanguages(t *testing.T) {
	t.Parallel()
	s := newService()
	i := late(time.Hour, "Pictures are late", "We look.")
	i.Title["de"], i.Updates[0].Text["de"] = "Bilder dauern", "Wir schauen."
	s.incidents = []status.Incident{i}
	h := newSite(t, s.options())
	for lang, said := range map[string][]string{
		"en": {"There is a known problem", "Pictures are late", "We look.", "Making pictures"},
		"de": {"Es gibt ein bekanntes Problem", "Bilder dauern", "Wir schauen.", "Bilder malen"},
		"ru": {"Есть известная проблема", "Pictures are late", "We look.", "Рисование"},
		"tr": {"Bilinen bir sorun var", "Pictures are late", "We look.", "Resim yapımı"},
		"es": {"Hay un problema conocido", "Pictures are late", "We look.", "Hacer imágenes"},
	} {
		page := read(t, ask(t, h, "GET", at(lang, "/status"), ""))
		for _, words := range said {
			if !strings.Contains(page, words) {
				t.Errorf("%s does not say %q", lang, words)
			}
		}
		if html := read(t, ask(t, h, "GET", at(lang, "/status/"+i.ID), "")); !strings.Contains(html, "<h1>"+said[1]+"</h1>") {
			t.Errorf("%s: the incident is not called %q", lang, said[1])
		}
		var f atomFeed
		if err := xml.Unmarshal([]byte(read(t, ask(t, h, "GET", at(lang, "/status.atom"), ""))), &f); err != nil || f.Entries[0].Title != said[1] {
			t.Errorf("%s: %v, %+v", lang, err, f)
		}
	}
}
