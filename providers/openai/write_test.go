package openai

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/openai/openaitest"
	"github.com/imagika/imagika/providers/providertest"
)

// wordy gives the provider a model for words.
func wordy(name string) func(*Options) { return func(o *Options) { o.Writer = name } }

const miniWriter = "gpt-5.4-mini"

func describe() providers.WriteRequest {
	fox := providertest.Picture()
	return providers.WriteRequest{Writing: providers.Describe, Picture: &fox, Language: "ru", Safety: "hash"}
}

func improve(words string) providers.WriteRequest {
	return providers.WriteRequest{Writing: providers.Improve, Text: words, Safety: "hash"}
}

func TestWrites(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc    string
		dialect Dialect
		model   string
		r       providers.WriteRequest
		want    string
		cost    bool
	}{
		{"a picture", OpenAI, miniWriter, describe(), "1 pictures", true},
		{"a prompt", OpenAI, miniWriter, improve("a red fox"), "0 pictures", true},
		{"a translation", OpenAI, "gpt-9", providers.WriteRequest{Writing: providers.Translate, Text: "a red fox", Language: "de"}, "0 pictures", false},
		{"over a gateway", Gateway, "azure/gpt-5.4-mini", describe(), "1 pictures", true},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := setup(t, tt.dialect, wordy(tt.model))
			got, err := p.Write(t.Context(), tt.r)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(got.Text, tt.want) || (got.Cost > 0) != tt.cost {
				t.Errorf("%+v, want %q and a cost: %v", got, tt.want, tt.cost)
			}
			if calls := s.Calls(); len(calls) != 1 || calls[0].Fields["model"] != tt.model {
				t.Errorf("calls %+v", calls)
			}
		})
	}
}

func TestWritesNothingWithoutAModel(t *testing.T) {
	t.Parallel()
	p, s := setup(t, OpenAI)
	if len(p.Writings()) != 0 {
		t.Errorf("offers %v", p.Writings())
	}
	if e := unwritten(t, p, improve("a red fox")); e.Class != providers.BadRequest || len(s.Calls()) != 0 {
		t.Errorf("%v after %d calls", e, len(s.Calls()))
	}
}

// unwritten writes, and returns the error that has to come.
func unwritten(t *testing.T, p *Provider, r providers.WriteRequest) *providers.Error {
	t.Helper()
	_, err := p.Write(t.Context(), r)
	e := providertest.CheckError(t, err)
	if e == nil {
		t.Fatal("no error")
	}
	if strings.Contains(e.Error(), "fox") || strings.Contains(e.Error(), openaitest.Key) || strings.Contains(e.Error(), "://") {
		t.Errorf("error %q tells too much", e)
	}
	return e
}

func TestWriteFailures(t *testing.T) {
	t.Parallel()
	answer := func(text string) openaitest.Fault { return openaitest.Fault{Answer: text} }
	said := func(content string) openaitest.Fault {
		return answer(`{"choices":[{"index":0,"message":{"role":"assistant","content":` + content + `,"refusal":null},"finish_reason":"stop"}],"usage":{}}`)
	}
	tests := []struct {
		desc   string
		fault  openaitest.Fault
		class  providers.Class
		billed providers.Billed
	}{
		{"refused in a field", answer(`{"choices":[{"message":{"content":null,"refusal":"I cannot help with a fox."},"finish_reason":"stop"}]}`), providers.Rejected, providers.BilledYes},
		{"refused in words", said(`"REFUSED"`), providers.Rejected, providers.BilledYes},
		{"filtered", answer(`{"choices":[{"message":{"content":"a"},"finish_reason":"content_filter"}]}`), providers.Rejected, providers.BilledYes},
		{"empty", said(`" \n"`), providers.NoOutput, providers.BilledYes},
		{"null", said(`null`), providers.NoOutput, providers.BilledYes},
		{"far too long", said(`"` + strings.Repeat("fox ", 5000) + `"`), providers.NoOutput, providers.BilledYes},
		{"no choice", answer(`{"choices":[]}`), providers.NoOutput, providers.BilledMaybe},
		{"not JSON", answer(`<html>fox</html>`), providers.UnknownCall, providers.BilledMaybe},
		{"broken off", openaitest.Fault{Short: true}, providers.UnknownCall, providers.BilledMaybe},
		{"cut", openaitest.Fault{Cut: true}, providers.UnknownCall, providers.BilledMaybe},
		{"blocked", refuse(400, `{"error":{"message":"a fox","type":"invalid_request_error","param":null,"code":"content_policy_violation"}}`), providers.Rejected, providers.BilledNo},
		{"too fast", limit("Retry-After", "9", `{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}`), providers.RateLimited, providers.BilledNo},
		{"empty account", refuse(429, `{"error":{"message":"x","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`), providers.Auth, providers.BilledNo},
		{"down", refuse(503, `{"error":{"message":"x"}}`), providers.Transient, providers.BilledNo},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := setup(t, OpenAI, wordy(miniWriter))
			s.Fault(tt.fault)
			if e := unwritten(t, p, improve("a red fox")); e.Class != tt.class || e.Billed != tt.billed {
				t.Errorf("%v, billed %s; want %s, %s", e, e.Billed, tt.class, tt.billed)
			}
			if len(s.Calls()) != 1 {
				t.Errorf("%d calls", len(s.Calls()))
			}
		})
	}
}

func TestWriteRefusesBeforeTheCall(t *testing.T) {
	t.Parallel()
	p, s := setup(t, OpenAI, wordy(miniWriter))
	gif := providertest.Picture()
	gif.MediaType = "image/gif"
	for _, r := range []providers.WriteRequest{improve(" "), {Writing: providers.Describe}, {Writing: providers.Describe, Picture: &gif}, {Writing: "sing", Text: "la"}} {
		if e := unwritten(t, p, r); e.Class != providers.BadRequest {
			t.Errorf("%s: %v", r.Writing, e)
		}
	}
	if len(s.Calls()) != 0 {
		t.Errorf("%d calls", len(s.Calls()))
	}
	p, s = setup(t, OpenAI, wordy("gpt-missing"))
	if e := unwritten(t, p, improve("a red fox")); e.Class != providers.BadRequest || s.Billed() != 0 {
		t.Errorf("a model that is not there: %v", e)
	}
}

func moderator(t *testing.T) (Moderator, *openaitest.Server) {
	t.Helper()
	s := openaitest.New(t, openaitest.OpenAI)
	m, err := NewModerator(Options{Key: openaitest.Key, URL: s.URL(), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return m, s
}

func TestModerates(t *testing.T) {
	t.Parallel()
	m, s := moderator(t)
	fox := providertest.Picture()
	tests := []struct {
		text     string
		pictures []providers.Reference
		want     []providers.Category
		calls    int
	}{
		{"a red fox", nil, nil, 1},
		{"", []providers.Reference{fox}, nil, 1},
		{"blood and gore", []providers.Reference{fox, fox}, []providers.Category{providers.Violence}, 2},
		{"underage", nil, []providers.Category{providers.SexualMinors}, 1},
		{"nude slur threat noose bomb", nil, []providers.Category{providers.Harassment, providers.Hate, providers.Illicit, providers.SelfHarm, providers.Sexual}, 1},
		{" ", nil, nil, 0},
	}
	for _, tt := range tests {
		before := len(s.Calls())
		got, err := m.Moderate(t.Context(), tt.text, tt.pictures)
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%q: %s, %v", tt.text, diff, err)
		}
		if n := len(s.Calls()) - before; n != tt.calls {
			t.Errorf("%q: %d calls, want %d", tt.text, n, tt.calls)
		}
	}
	if s.Billed() != 0 {
		t.Errorf("%d calls of a free endpoint were billed", s.Billed())
	}
}

func TestModerationFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc  string
		fault openaitest.Fault
		want  providers.Class
	}{
		{"cut", openaitest.Fault{Cut: true}, providers.Transient},
		{"not JSON", openaitest.Fault{Answer: "<html>"}, providers.Transient},
		{"no result", openaitest.Fault{Answer: `{"results":[]}`}, providers.NoOutput},
		{"too fast", limit("Retry-After", "9", `{"error":{"message":"slow down","code":"rate_limit_exceeded"}}`), providers.RateLimited},
	}
	for _, tt := range tests {
		m, s := moderator(t)
		s.Fault(tt.fault)
		_, err := m.Moderate(t.Context(), "a red fox", nil)
		if e := providertest.CheckError(t, err); e == nil || e.Class != tt.want {
			t.Errorf("%s: %v, want %s", tt.desc, err, tt.want)
		}
	}
	m, _ := moderator(t)
	gif := providertest.Picture()
	gif.MediaType = "image/gif"
	var e *providers.Error
	if _, err := m.Moderate(t.Context(), "", []providers.Reference{gif}); !errors.As(err, &e) || e.Class != providers.BadRequest {
		t.Errorf("a GIF: %v", err)
	}
}

// Every category the service has is one of ours, and its newer ones are refused rather than let through.
func TestCategories(t *testing.T) {
	t.Parallel()
	ours := []providers.Category{providers.SexualMinors, providers.Sexual, providers.Violence, providers.SelfHarm, providers.Hate, providers.Harassment, providers.Illicit}
	for _, name := range []string{"sexual/minors", "sexual", "violence/graphic", "self-harm/intent", "hate/threatening", "harassment", "illicit/violent", "newer"} {
		if !slices.Contains(ours, category(name)) {
			t.Errorf("%s is %s", name, category(name))
		}
	}
}
