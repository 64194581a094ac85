package gemini

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/gemini/geminitest"
	"github.com/imagika/imagika/providers/providertest"
)

const perMinute = `{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_requests_per_model","quotaId":"GenerateRequestsPerMinutePerProjectPerModel","quotaDimensions":{"location":"global","model":"gemini-3.1-flash-image"},"quotaValue":"500"}]}`

func limit(details ...string) geminitest.Fault {
	return geminitest.Fault{Status: 429, Body: `{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[` + strings.Join(details, ",") + `]}}`}
}

func quota(id string) string {
	return `{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"` + id + `"}]}`
}

func delay(d string) string {
	return `{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"` + d + `"}`
}

func failure(code int, status, message string) geminitest.Fault {
	text, _ := json.Marshal(map[string]any{"error": map[string]any{"code": code, "status": status, "message": message}}) // strings
	return geminitest.Fault{Status: code, Body: string(text)}
}

func after(f geminitest.Fault, seconds string) geminitest.Fault {
	f.Header = http.Header{"Retry-After": {seconds}}
	return f
}

func TestErrors(t *testing.T) {
	t.Parallel()
	const no, maybe, yes = providers.BilledNo, providers.BilledMaybe, providers.BilledYes
	tests := []struct {
		desc  string
		fault geminitest.Fault
		want  providertest.Failure
	}{
		{"blocked prompt", geminitest.Fault{Block: "PROHIBITED_CONTENT"}, providertest.Failure{Class: providers.Rejected, Billed: no, Stage: "input"}},
		{"blocked for a new reason", geminitest.Fault{Block: "MODEL_ARMOR", Uncounted: true}, providertest.Failure{Class: providers.Rejected, Billed: no, Stage: "input"}},
		{"blocked image", geminitest.Fault{Finish: "IMAGE_SAFETY"}, providertest.Failure{Class: providers.Rejected, Billed: no, Stage: "output"}},
		{"blocked image, not counted", geminitest.Fault{Finish: "IMAGE_PROHIBITED_CONTENT", Uncounted: true}, providertest.Failure{Class: providers.Rejected, Billed: maybe, Stage: "output"}},
		{"blocked image, counted", geminitest.Fault{Answer: `{"candidates":[{"finishReason":"IMAGE_RECITATION"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1120}}`}, providertest.Failure{Class: providers.Rejected, Billed: yes, Stage: "output"}},
		{"an image beside a refusal", geminitest.Fault{Answer: `{"candidates":[{"finishReason":"SAFETY","content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}}]}}]}`}, providertest.Failure{Class: providers.Rejected, Billed: maybe, Stage: "output"}},
		{"no image", geminitest.Fault{Finish: "NO_IMAGE"}, providertest.Failure{Class: providers.NoOutput, Billed: no}},
		{"no image, for another reason", geminitest.Fault{Finish: "IMAGE_OTHER", Uncounted: true}, providertest.Failure{Class: providers.NoOutput, Billed: maybe}},
		{"words", geminitest.Fault{Words: true}, providertest.Failure{Class: providers.NoOutput, Billed: yes}},
		{"no candidates", geminitest.Fault{Answer: `{}`}, providertest.Failure{Class: providers.NoOutput, Billed: maybe}},
		{"only a draft", geminitest.Fault{Answer: `{"candidates":[{"content":{"parts":[{"thought":true,"inlineData":{"mimeType":"image/png","data":"aGk="}}]}}]}`}, providertest.Failure{Class: providers.NoOutput, Billed: maybe}},
		{"a sound", geminitest.Fault{Type: "audio/wav"}, providertest.Failure{Class: providers.NoOutput, Billed: yes}},
		{"no base64", geminitest.Fault{Broken: true}, providertest.Failure{Class: providers.NoOutput, Billed: maybe}},
		{"no JSON", geminitest.Fault{Answer: "<html>"}, providertest.Failure{Class: providers.UnknownCall, Billed: maybe}},
		{"other JSON", geminitest.Fault{Answer: `{"candidates":"fox"}`}, providertest.Failure{Class: providers.UnknownCall, Billed: maybe}},
		{"half an answer", geminitest.Fault{Short: true}, providertest.Failure{Class: providers.UnknownCall, Billed: maybe}},
		{"endless answer", geminitest.Fault{Answer: `{"candidates":[` + strings.Repeat(`{},`, 2<<20) + `{}]}`}, providertest.Failure{Class: providers.UnknownCall, Billed: maybe}},

		{"rate", limit(perMinute, delay("17s")), providertest.Failure{Class: providers.RateLimited, Billed: no, Wait: 17 * time.Second, Scope: providers.ScopeModel}},
		{"rate in fractions", limit(perMinute, delay("1.5s")), providertest.Failure{Class: providers.RateLimited, Billed: no, Wait: 1500 * time.Millisecond, Scope: providers.ScopeModel}},
		{"rate of the project", limit(quota("GenerateRequestsPerMinutePerProject"), delay("3s")), providertest.Failure{Class: providers.RateLimited, Billed: no, Wait: 3 * time.Second, Scope: providers.ScopeKey}},
		{"rate by a header", after(limit(), "9"), providertest.Failure{Class: providers.RateLimited, Billed: no, Wait: 9 * time.Second, Scope: providers.ScopeKey}},
		{"rate without a word", geminitest.Fault{Status: 429, Body: "slow down"}, providertest.Failure{Class: providers.RateLimited, Billed: no, Scope: providers.ScopeKey}},
		{"absurd delay", limit(delay("100000h")), providertest.Failure{Class: providers.RateLimited, Billed: no, Wait: time.Hour, Scope: providers.ScopeKey}},
		{"delay that is none", limit(delay("soon")), providertest.Failure{Class: providers.RateLimited, Billed: no, Scope: providers.ScopeKey}},
		{"day", limit(quota("GenerateRequestsPerDayPerProjectPerModel"), delay("40s")), providertest.Failure{Class: providers.Auth, Billed: no, Scope: providers.ScopeKey}},
		{"money", limit(quota("SpendLimitPerProject")), providertest.Failure{Class: providers.Auth, Billed: no, Scope: providers.ScopeKey}},
		{"free tier", limit(quota("GenerateContentInputTokensPerModelPerMinute-FreeTier"), delay("2s")), providertest.Failure{Class: providers.Auth, Billed: no, Scope: providers.ScopeKey}},

		{"no permission", failure(403, "PERMISSION_DENIED", "Generative Language API has not been used in project 1 before"), providertest.Failure{Class: providers.Auth, Billed: no}},
		{"no billing", failure(400, "FAILED_PRECONDITION", "User location is not supported for the API use."), providertest.Failure{Class: providers.Auth, Billed: no, Scope: providers.ScopeKey}},
		{"expired key", geminitest.Fault{Status: 400, Body: `{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"API key expired.","details":[{"reason":"API_KEY_EXPIRED"}]}}`}, providertest.Failure{Class: providers.Auth, Billed: no, Scope: providers.ScopeKey}},
		{"bad picture", failure(400, "INVALID_ARGUMENT", "Unable to process input image."), providertest.Failure{Class: providers.BadRequest, Billed: no}},
		{"unsupported", failure(400, "INVALID_ARGUMENT", "imageSize is not supported by the model."), providertest.Failure{Class: providers.BadRequest, Billed: no, Scope: providers.ScopeModel}},
		{"no such model", failure(404, "NOT_FOUND", "models/x is not found for API version v1beta"), providertest.Failure{Class: providers.BadRequest, Billed: no, Scope: providers.ScopeModel}},
		{"too large", geminitest.Fault{Status: 413, Body: "<html>"}, providertest.Failure{Class: providers.BadRequest, Billed: no, Scope: providers.ScopeModel}},
		{"not implemented", failure(501, "UNIMPLEMENTED", "Operation is not implemented"), providertest.Failure{Class: providers.BadRequest, Billed: no, Scope: providers.ScopeModel}},

		{"internal", failure(500, "INTERNAL", "An internal error has occurred."), providertest.Failure{Class: providers.Transient, Billed: no}},
		{"overloaded", failure(503, "UNAVAILABLE", "The model is overloaded. Please try again later."), providertest.Failure{Class: providers.Transient, Billed: no}},
		{"overloaded, for a while", geminitest.Fault{Status: 503, Body: `{"error":{"status":"UNAVAILABLE","details":[` + delay("5s") + `]}}`}, providertest.Failure{Class: providers.Transient, Billed: no, Wait: 5 * time.Second}},
		{"deadline", failure(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."), providertest.Failure{Class: providers.Transient, Billed: no}},
		{"page of a proxy", geminitest.Fault{Status: 502, Body: "<html>502</html>"}, providertest.Failure{Class: providers.UnknownCall, Billed: maybe}},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := open(t)
			s.Fault(tt.fault)
			e := fault(t, p, request(p, 0, providers.Generate))
			if got := providertest.FailureOf(e); got != tt.want {
				t.Errorf("%+v (%v), want %+v", got, e.Err, tt.want)
			}
			if n := len(s.Calls()); n != 1 {
				t.Errorf("%d calls, want one", n)
			}
		})
	}
}

// TestWhatOperatorsSee has the codes of a failure in it.
func TestWhatOperatorsSee(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	s.Fault(limit(perMinute, delay("17s")))
	s.Fault(geminitest.Fault{Finish: "IMAGE_SAFETY"})
	s.Fault(geminitest.Fault{Finish: "a red fox, as asked"})
	for _, want := range []string{
		"gemini: rate_limited: status 429, RESOURCE_EXHAUSTED, GenerateRequestsPerMinutePerProjectPerModel", "gemini: rejected: status 200, IMAGE_SAFETY",
		"gemini: no_output: status 200, no image",
	} {
		if got := fault(t, p, request(p, 0, providers.Generate)).Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestDrafts shows the image and not the thoughts about it, which are paid for.
func TestDrafts(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	r := request(p, 1, providers.Generate)
	plainCost, plain := providertest.Make(t, p, r)
	s.Fault(geminitest.Fault{Drafts: true})
	sub, err := p.Submit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	made, err := providertest.Collect(sub.Images)
	if err != nil || len(made) != 1 || made[0] != plain[0] {
		t.Errorf("%v, %v; want %v", made, err, plain)
	}
	if sub.ExternalID != "resp-2" || sub.Cost != plainCost+300*12 {
		t.Errorf("id %q, cost %d after %d", sub.ExternalID, sub.Cost, plainCost)
	}
}

// TestStrangeAnswer has an image in it, which was paid for.
func TestStrangeAnswer(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	s.Fault(geminitest.Fault{Answer: `{"responseId":7,"usageMetadata":"lots","candidates":[{"finishReason":"STOP","content":{"parts":[null,{"text":"x"},
		{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]}},{"content":null}]}`})
	sub, err := p.Submit(t.Context(), request(p, 0, providers.Generate))
	if err != nil || sub.Cost != -1 || sub.ExternalID != "" {
		t.Fatalf("%+v, %v", sub, err)
	}
	n := 0
	for img, err := range sub.Images {
		if n++; err != nil || img.MediaType != "image/png" {
			t.Errorf("%+v, %v", img, err)
		}
	}
	if n != 1 {
		t.Errorf("%d images, want 1", n)
	}
}

func TestCost(t *testing.T) {
	t.Parallel()
	rates := table()[1].rates // of pro
	for text, want := range map[string]int64{
		`{"promptTokenCount":100,"candidatesTokenCount":1120,"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1120}]}`:                         200 + 134_400,
		`{"promptTokenCount":100,"candidatesTokenCount":1120}`:                                                                                            200 + 134_400,
		`{"promptTokenCount":100,"candidatesTokenCount":1130,"thoughtsTokenCount":90,"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1120}]}`: 200 + 134_400 + 1_200,
		`{"promptTokenCount":0,"toolUsePromptTokenCount":50,"candidatesTokenCount":10,"candidatesTokensDetails":[{"modality":"TEXT","tokenCount":10}]}`:   100 + 120,
		`{"promptTokenCount":1,"candidatesTokenCount":10,"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":99}]}`:                               2 + 1_200,
		`{"promptTokenCount":100}`:                                          -1,
		`{"promptTokenCount":-1,"candidatesTokenCount":10}`:                 -1,
		`{"promptTokenCount":1,"candidatesTokenCount":9223372036854775807}`: -1,
		`"none"`: -1,
		``:       -1,
	} {
		if got := rates.spent(readUsage(json.RawMessage(text))); got != want {
			t.Errorf("%s costs %d, want %d", text, got, want)
		}
	}
}

// TestEstimate stays close above the prices of the list, in micro-dollars.
func TestEstimate(t *testing.T) {
	t.Parallel()
	p, _ := open(t)
	tests := []struct {
		model string
		size  providers.Size
		list  int64
	}{
		{flash25, providers.Size{}, 38_700},
		{flashLite, providers.Size{}, 33_600},
		{flash31, providers.Size{Width: 1024, Height: 1024}, 67_200},
		{flash31, providers.Size{Width: 2048, Height: 2048}, 100_800},
		{pro3, providers.Size{Width: 1024, Height: 1024}, 134_400},
		{pro3, providers.Size{Width: 4096, Height: 4096}, 240_000},
	}
	for _, tt := range tests {
		r := providers.Request{Model: tt.model, Operation: providers.Generate, Count: 1, Size: tt.size, Prompt: "a fox"}
		got := p.Estimate(r)
		if got < tt.list || got > tt.list+30_000 {
			t.Errorf("%s %v: %d, and the list says %d", tt.model, tt.size, got, tt.list)
		}
		r.Operation = providers.Edit // without its references, as before a call
		if edit := p.Estimate(r); edit <= got {
			t.Errorf("%s: an edit at %d is no dearer than %d", tt.model, edit, got)
		}
	}
}

// FuzzAnswer reads whatever comes with a status 200.
func FuzzAnswer(f *testing.F) {
	f.Add(`{"candidates":[{"finishReason":"STOP","content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}}]}}]}`)
	f.Add(`{"promptFeedback":{"blockReason":"OTHER"},"usageMetadata":{"promptTokenCount":1e9}}`)
	f.Add(`{"candidates":[{"content":null}],"responseId":{}}`)
	p, err := New(Options{Key: "k"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var a answer
		if json.Unmarshal([]byte(text), &a) != nil {
			return
		}
		_, found := a.image()
		err := p.verdict(a, found)
		if err == nil && !found {
			t.Error("neither an image nor an error")
		}
		if err != nil {
			_ = providertest.CheckError(t, err)
		}
		if id := a.id(); id != "" && !token(id) {
			t.Errorf("id %q", id)
		}
		if cost := table()[0].rates.spent(readUsage(a.Usage)); cost < -1 {
			t.Errorf("cost %d", cost)
		}
	})
}
