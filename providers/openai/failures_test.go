package openai

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/openai/openaitest"
)

// failure is what happens to a call, and what has to be made of it.
type failure struct {
	desc    string
	dialect Dialect
	fault   openaitest.Fault
	want    providers.Error
}

func TestFailures(t *testing.T) {
	t.Parallel()
	all := slices.Concat(contentFailures(), keyFailures(), rateFailures(), requestFailures(), serverFailures(), answerFailures())
	for _, tt := range all {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			testFailure(t, tt)
		})
	}
}

func testFailure(t *testing.T, tt failure) {
	t.Helper()
	p, s := setup(t, tt.dialect, func(o *Options) {
		if tt.dialect == Gateway {
			listed("flux-schnell")(o)
		}
	})
	s.Fault(tt.fault)
	e := fails(t, p, ask(p, providers.Generate))
	got := *e
	got.Provider, got.Err = "", nil
	if tt.want.Scope == "" {
		got.Scope = ""
	}
	if got != tt.want {
		t.Errorf("got %+v (%v), want %+v", got, e.Err, tt.want)
	}
	if n := len(s.Calls()); n != 1 {
		t.Errorf("%d calls were made, want 1", n)
	}
	if s.Billed() > 0 && e.Billed == providers.BilledNo && tt.dialect != SDCpp {
		t.Error("the call was billed, and the error says it was not")
	}
}

func refuse(status int, body string) openaitest.Fault {
	return openaitest.Fault{Status: status, Body: body}
}

func limit(header, v, body string) openaitest.Fault {
	h := http.Header{header: {v}}
	if strings.HasPrefix(header, "X-Ratelimit-Reset-") {
		h.Set(strings.Replace(header, "Reset", "Remaining", 1), "0")
	}
	return openaitest.Fault{Status: http.StatusTooManyRequests, Header: h, Body: body}
}

func rejected(stage string, billed providers.Billed) providers.Error {
	return providers.Error{Class: providers.Rejected, Billed: billed, Stage: stage}
}

func failed(class providers.Class, billed providers.Billed, scope string, wait time.Duration) providers.Error {
	return providers.Error{Class: class, Billed: billed, Scope: scope, Wait: wait}
}

// openAI is an error in OpenAI's shape.
func openAI(kind, code, message string) string {
	return `{"error":{"message":"` + message + `","type":"` + kind + `","param":null,"code":"` + code + `"}}`
}

const (
	html    = "<html><body>Bad gateway</body></html>"
	blocked = `{"error":{"message":"Your request was rejected by the safety system.","type":"image_generation_user_error",
		"code":"moderation_blocked","moderation_details":{"moderation_stage":"output","categories":["violence"]}}}`
)

// contentFailures are refusals of content: the reason is in a code, a type or the words.
func contentFailures() []failure {
	return []failure{
		{"blocked words", OpenAI, refuse(400, openAI("image_generation_user_error", "moderation_blocked", "safety system: fox")), rejected("input", providers.BilledNo)},
		{"blocked image", OpenAI, refuse(400, blocked), rejected("output", providers.BilledMaybe)},
		{"blocked by the old code", OpenAI, refuse(400, openAI("invalid_request_error", "content_policy_violation", "")), rejected("input", providers.BilledNo)},
		{"blocked, reshaped", Gateway, refuse(400, openAI("None", "400", "litellm.ContentPolicyViolationError: OpenAIException")), rejected("input", providers.BilledNo)},
		{"blocked by law", OpenAI, refuse(451, html), rejected("input", providers.BilledNo)},
		{"blocked by xAI", XAI, refuse(400, `{"code":"invalid","error":"Generated image rejected by content moderation."}`), rejected("input", providers.BilledNo)},
		{"a word of moderation in a 500", OpenAI, refuse(500, openAI("server_error", "", "the safety system is down")), failed(providers.Transient, providers.BilledNo, "", 0)},
	}
}

// keyFailures end with an operator: a key or an account.
func keyFailures() []failure {
	return []failure{
		{"wrong key", OpenAI, refuse(401, openAI("invalid_request_error", "invalid_api_key", "Incorrect API key provided: sk-test-1234567890")), failed(providers.Auth, providers.BilledNo, "", 0)},
		{"wrong key at xAI", XAI, refuse(400, `{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***."}`), failed(providers.Auth, providers.BilledNo, "key", 0)},
		{"not verified", OpenAI, refuse(403, openAI("invalid_request_error", "", "Your organization must be verified to use the model")), failed(providers.Auth, providers.BilledNo, "", 0)},
		{"no credits", Together, refuse(402, openAI("credit_limit", "", "")), failed(providers.Auth, providers.BilledNo, "", 0)},
		{"empty account in a 429", OpenAI, limit("Retry-After", "20", openAI("insufficient_quota", "insufficient_quota", "You exceeded your current quota")), failed(providers.Auth, providers.BilledNo, "key", 0)},
		{"billing in a 400", OpenAI, refuse(400, openAI("billing_limit_user_error", "billing_hard_limit_reached", "")), failed(providers.Auth, providers.BilledNo, "key", 0)},
		{"budget of a gateway", Gateway, refuse(400, openAI("budget_exceeded", "400", "Budget has been exceeded!")), failed(providers.Auth, providers.BilledNo, "key", 0)},
	}
}

// rateFailures pass by themselves: the wait is in a header or in the words.
func rateFailures() []failure {
	return []failure{
		{"rate in milliseconds", OpenAI, limit("Retry-After-Ms", "1500", openAI("requests", "rate_limit_exceeded", "")), failed(providers.RateLimited, providers.BilledNo, "model", 1500*time.Millisecond)},
		{"rate in seconds", OpenAI, limit("Retry-After", "7", openAI("requests", "rate_limit_exceeded", "")), failed(providers.RateLimited, providers.BilledNo, "model", 7*time.Second)},
		{"rate in words", OpenAI, refuse(429, openAI("input-images", "rate_limit_exceeded", "Limit 5/1min. Please try again in 12s.")), failed(providers.RateLimited, providers.BilledNo, "model", 12*time.Second)},
		{"rate without a word", XAI, refuse(429, html), failed(providers.RateLimited, providers.BilledNo, "model", 0)},
		{"rate of a key", Together, limit("X-Ratelimit-Reset-Requests", "3", ""), failed(providers.RateLimited, providers.BilledNo, "key", 3*time.Second)},
		{"rate of a gateway", Gateway, refuse(429, openAI("None", "429", "No deployments available, try again in 30 seconds")), failed(providers.RateLimited, providers.BilledNo, "key", 30*time.Second)},
	}
}

// requestFailures are about the request.
func requestFailures() []failure {
	return []failure{
		{"no such model", OpenAI, refuse(404, openAI("invalid_request_error", "model_not_found", "")), failed(providers.BadRequest, providers.BilledNo, "model", 0)},
		{"no access to the model", OpenAI, refuse(403, openAI("invalid_request_error", "model_not_found", "Project `proj_x` does not have access to model `gpt-image-2`")), failed(providers.BadRequest, providers.BilledNo, "model", 0)},
		{"no such field", OpenAI, refuse(400, openAI("invalid_request_error", "unknown_parameter", "Unknown parameter: 'x'.")), failed(providers.BadRequest, providers.BilledNo, "model", 0)},
		{"no such thing", XAI, refuse(400, `{"code":"x","error":"Argument not supported: size"}`), failed(providers.BadRequest, providers.BilledNo, "model", 0)},
		{"a broken image", OpenAI, refuse(400, openAI("invalid_request_error", "image_parse_error", "")), failed(providers.BadRequest, providers.BilledNo, "", 0)},
		{"a list of details", Gateway, refuse(422, `{"detail":[{"loc":["body","n"],"msg":"too large","type":"value_error"}]}`), failed(providers.BadRequest, providers.BilledNo, "", 0)},
	}
}

// serverFailures are about the server. Only its own JSON says that nothing was billed.
func serverFailures() []failure {
	return []failure{
		{"its own 500", OpenAI, refuse(500, openAI("server_error", "server_error", "")), failed(providers.Transient, providers.BilledNo, "", 0)},
		{"its own 500 without a code", SDCpp, refuse(500, `{"error":"generate_image returned no results"}`), failed(providers.Transient, providers.BilledNo, "", 0)},
		{"a 502 of something between", OpenAI, refuse(502, html), failed(providers.UnknownCall, providers.BilledMaybe, "", 0)},
		{"a 503", OpenAI, refuse(503, html), failed(providers.Transient, providers.BilledNo, "", 0)},
		{"a gateway's 504", Gateway, refuse(504, openAI("timeout", "504", "litellm.Timeout")), failed(providers.UnknownCall, providers.BilledMaybe, "", 0)},
		{"a gateway's 500", Gateway, refuse(500, openAI("api_error", "500", "APIConnectionError")), failed(providers.UnknownCall, providers.BilledMaybe, "", 0)},
		{"a gateway without servers", Gateway, refuse(503, openAI("api_error", "503", "")), failed(providers.Transient, providers.BilledNo, "", 0)},
	}
}

// answerFailures are about what came back of work that was done.
func answerFailures() []failure {
	return []failure{
		{"cut after it was read", OpenAI, openaitest.Fault{Cut: true}, failed(providers.UnknownCall, providers.BilledMaybe, "", 0)},
		{"cut in the answer", OpenAI, openaitest.Fault{Short: true}, failed(providers.UnknownCall, providers.BilledMaybe, "", 0)},
		{"garbage", OpenAI, openaitest.Fault{Answer: "]["}, failed(providers.UnknownCall, providers.BilledMaybe, "", 0)},
		{"no images, and tokens", OpenAI, openaitest.Fault{Answer: `{"data":[],"usage":{"input_tokens":9,"output_tokens":9}}`}, failed(providers.NoOutput, providers.BilledYes, "", 0)},
		{"no images", OpenAI, openaitest.Fault{Answer: `{"data":[{"b64_json":""}]}`}, failed(providers.NoOutput, providers.BilledMaybe, "", 0)},
		{"no images of one's own", SDCpp, openaitest.Fault{Answer: `{"data":null}`}, failed(providers.NoOutput, providers.BilledNo, "", 0)},
		{"an error in a 200", Gateway, openaitest.Fault{Answer: openAI("x", "content_filter", "")}, rejected("output", providers.BilledMaybe)},
		{"broken base64", OpenAI, openaitest.Fault{Answer: `{"data":[{"b64_json":"iVBORw0KGgo!!!!"}]}`}, failed(providers.NoOutput, providers.BilledMaybe, "", 0)},
		{"withheld", XAI, openaitest.Fault{Withheld: 1}, rejected("output", providers.BilledYes)},
		{"gone", XAI, openaitest.Fault{Addresses: true, Gone: true}, failed(providers.Lost, providers.BilledYes, "", 0)},
		{"elsewhere", XAI, openaitest.Fault{Answer: `{"data":[{"url":"https://169.254.169.254/latest"}]}`}, failed(providers.NoOutput, providers.BilledYes, "", 0)},
	}
}
