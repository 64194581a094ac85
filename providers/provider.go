// Package providers is the contract between Imagika and the services that make images.
//
// # The contract
//
// A Provider makes exactly one paid call in Submit and never repeats it: whether to try again, elsewhere or at all is
// decided by the caller, who has committed an attempt to SQL before Submit is called. An adapter therefore only
// translates: a Request into one HTTP call, an answer into images or a handle, a failure into an *Error whose Class is
// one of a closed set and which says whether the call was billed.
//
// A synchronous provider answers Submit with images. An asynchronous one answers with a handle, which is stored sealed
// and given back to Poll, Fetch and Cancel, possibly in another process and after a restart: adapters keep no state of
// their own about calls in flight.
//
// Images are readers, read once, in order; nothing is held in memory twice. What a provider can do beyond Submit it
// says by implementing the small optional interfaces: [Poller], [Fetcher], [Canceler], [Deleter], [Reconciler], [WebhookParser],
// [Prober], [Describer], [Writer], [Moderator]. The fakes and the suite that every adapter has to pass are in package providertest.
//
// # From models to routes
//
// People choose an [Offer], "a model" to them. It has one or several routes, each a provider and that provider's own
// name of a model, and the [Router] chooses among them anew for every call.
package providers

import (
	"context"
	"io"
	"iter"
	"math"
	"net/http"
	"slices"
	"time"
)

// Operation is what is asked of a model.
type Operation string

// The operations. A closed set: they are metric labels.
const (
	Generate Operation = "generate" // from words alone
	Edit     Operation = "edit"     // change the reference as the prompt says
	Vary     Operation = "vary"     // something close to the reference
	Upscale  Operation = "upscale"  // the reference, larger
	Expand   Operation = "expand"   // the reference with more around it: zooming out, panning
)

// Provider makes images. Implementations are safe for concurrent use. The one in package local needs no network and is
// the fake of most tests.
type Provider interface {
	// Name is short, lower case and unique: a folder name and a metric label.
	Name() string
	// Models lists what can be asked for, with capabilities. The answer does not change while the program runs.
	Models() []Model
	// Estimate is an upper bound of what Submit may cost, in micro-dollars.
	Estimate(r Request) int64
	// Submit makes one call. Errors are *Error, or the context's.
	Submit(ctx context.Context, r Request) (Submission, error)
}

// Poller is implemented by asynchronous providers.
type Poller interface {
	Poll(ctx context.Context, handle []byte) (Progress, error)
}

// Fetcher is implemented by asynchronous providers: it opens the images of a handle that Poll called done. It can be
// called again until the model's ResultTTL has passed.
type Fetcher interface {
	Fetch(ctx context.Context, handle []byte) (Images, error)
}

// Canceler is implemented where a submitted call can be taken back. It reports whether the provider confirms that the
// call will neither run to its end nor be billed.
type Canceler interface {
	Cancel(ctx context.Context, handle []byte) (unbilled bool, err error)
}

// Deleter is implemented where what a call brought and made can be deleted for good: words, references and results.
type Deleter interface {
	// Deletes reports whether it can as it is set up; some services want a key of its own for that.
	Deletes() bool
	// Delete deletes what there is of a call that is over, by its external id. What is gone already is no error, and it can be
	// repeated. Errors are *Error, or the context's: one that is transient or of a rate limit may be tried again.
	Delete(ctx context.Context, externalID string) error
}

// Reconciler is implemented where one can find out what became of a Submit whose answer was lost.
type Reconciler interface {
	// Reconcile returns Found with a Submission that goes on from there, NotAccepted when the call certainly left no
	// trace and cost nothing, or Unknown.
	Reconcile(ctx context.Context, r Request) (Outcome, Submission, error)
}

// WebhookParser is implemented by providers that call back. What a callback says is never trusted: it only makes the
// caller poll sooner.
type WebhookParser interface {
	// ParseWebhook checks the signature, where there is one, and returns what Submit would have: the handle and the
	// external id of the call it is about. It finds a call whose answer was lost.
	ParseWebhook(h http.Header, body []byte) (Submission, error)
}

// Writer is implemented by providers that put pictures and prompts into words. A call is short and cheap beside a picture;
// like Submit it is made once and never repeated here.
type Writer interface {
	// Writings lists what can be asked for, of a closed set.
	Writings() []Writing
	// Write makes one call. Errors are *Error, or the context's.
	Write(ctx context.Context, r WriteRequest) (Written, error)
}

// Moderator is implemented by providers that judge texts and pictures before or after they are used, at no cost.
type Moderator interface {
	// Moderate returns the categories that apply, none for what is harmless. Errors are *Error, or the context's.
	Moderate(ctx context.Context, text string, pictures []Reference) ([]Category, error)
}

// Describer is implemented by providers that take names of models beyond their table: gateways, servers of one's own. It
// reports false for a name of which it cannot say what the model can do.
type Describer interface {
	Describe(model string) (Model, bool)
}

// Prober is implemented where health can be asked for at no cost.
type Prober interface {
	Probe(ctx context.Context) error
}

// Outcome is what Reconcile found.
type Outcome int

// The outcomes.
const (
	Unknown     Outcome = iota // nobody can say: never sent again
	NotAccepted                // no trace, not billed: may be sent again
	Found                      // it is there
)

// Model is something a person can choose, and what it can do.
type Model struct {
	Name       string      // unique over all providers: "local"
	Operations []Operation // what it can be asked for
	MaxCount   int         // images in one call
	MaxRefs    int         // reference images in one call
	Sizes      []Size      // preferred sizes, the first is the default; Size is the nearest by aspect ratio
	Qualities  []Quality   // what Quality may be; none if there is nothing to choose
	Mask       bool        // edits may carry a mask
	Seed       bool        // a seed makes results repeatable
	Negative   bool        // understands a negative prompt
	Async      bool        // Submit answers with a handle
	// Cancel says that a call under way can be taken back at no cost: an asynchronous one by Canceler, another by ending
	// its context.
	Cancel    bool
	Timeout   time.Duration // longest a call may take, from Submit to the last image
	ResultTTL time.Duration // how long results can be fetched; zero for synchronous models
	Typical   time.Duration // a first guess for estimates, until there are measurements
	// MaxParallel bounds calls in flight over all processes, zero is no bound.
	MaxParallel int
	// Every and Burst bound the rate of calls over all processes: one per Every, Burst at once. Zero is no bound.
	Every time.Duration
	Burst int
}

// Can reports whether the model does the operation.
func (m Model) Can(op Operation) bool {
	return slices.Contains(m.Operations, op)
}

// Unfit says what the model cannot do of a request, and nothing if it can do all of it.
func (m Model) Unfit(r Request) string {
	switch {
	case !m.Can(r.Operation):
		return "the operation is not supported"
	case r.Count > m.MaxCount:
		return "too many images"
	case len(r.References) > m.MaxRefs:
		return "too many references"
	case r.Operation != Generate && len(r.References) == 0:
		return "no reference"
	case r.Mask != nil && !m.Mask:
		return "a mask is not supported"
	case r.Operation == Expand && !r.Margins.Valid():
		return "no margins to expand by"
	}
	return ""
}

// Nearest is the preferred size closest to s: by shape, then by area. The zero size is the first.
func (m Model) Nearest(s Size) Size {
	if len(m.Sizes) == 0 {
		return s
	}
	best := m.Sizes[0]
	if s.Width <= 0 || s.Height <= 0 {
		return best
	}
	for _, one := range m.Sizes[1:] {
		if one.distance(s) < best.distance(s) {
			best = one
		}
	}
	return best
}

// distance weighs shape far above area.
func (s Size) distance(t Size) float64 {
	shape := math.Abs(math.Log(float64(s.Width*t.Height) / float64(s.Height*t.Width)))
	area := math.Abs(math.Log(s.Megapixels() / t.Megapixels()))
	return 100*shape + area
}

// Quality is how much effort goes into an image. Empty is the model's own choice.
type Quality string

// The qualities.
const (
	QualityLow    Quality = "low"
	QualityMedium Quality = "medium"
	QualityHigh   Quality = "high"
)

// Writing is what a Writer is asked for. A closed set: they are metric labels.
type Writing string

// The writings.
const (
	Describe  Writing = "describe"  // the reference as a prompt
	Improve   Writing = "improve"   // the prompt, richer
	Translate Writing = "translate" // the prompt in another language
)

// Known reports whether w is one of them.
func (w Writing) Known() bool { return w == Describe || w == Improve || w == Translate }

// WriteRequest is one call of a Writer.
type WriteRequest struct {
	Writing  Writing
	Text     string     // the prompt; empty to describe
	Picture  *Reference // to be described; else nil
	Language string     // IETF tag of the answer; empty is that of the text, or English
	Safety   string     // as in Request
	Seed     int64      // another one asks for another answer, where a writer can be told
}

// Written is the answer of a Writer.
type Written struct {
	Text string // one prompt, plain, trimmed, never empty
	Cost int64  // micro-dollars; -1 is not known
}

// Category is why a Moderator objects. A closed set: adapters map what a service says to the nearest one.
type Category string

// The categories.
const (
	SexualMinors Category = "sexual_minors" // always refused, never appealed
	Sexual       Category = "sexual"
	Violence     Category = "violence"
	SelfHarm     Category = "self_harm"
	Hate         Category = "hate"
	Harassment   Category = "harassment"
	Illicit      Category = "illicit"
)

// Margins are what an expansion adds on each side, as shares of the reference's width and height: 0.5 on the right makes it
// half as wide again.
type Margins struct{ Left, Top, Right, Bottom float64 }

// Size is in pixels.
type Size struct{ Width, Height int }

// Request is one call.
type Request struct {
	// AttemptID is ours and unique per paid call. It is given to providers that take a client id. It never goes into a
	// header that makes net/http replay a POST.
	AttemptID string
	Model     string
	Operation Operation
	Prompt    string
	Negative  string
	Size      Size
	Count     int
	Seed      int64 // of the first image; the next ones count up
	// Strength is how far a variation may go from its reference, 0 to 1; zero is the model's default.
	Strength   float64
	Quality    Quality
	References []Reference
	// Mask says where an edit may change the first reference: a PNG of its size, transparent there. Nil is everywhere.
	Mask *Reference
	// Scale of an upscale, 2 or 4; zero is 2.
	Scale int
	// Margins of an expansion.
	Margins Margins
	// Watch, if set, is told while Submit works how far it is. It returns at once and may be called from any goroutine, but
	// not after Submit has returned.
	Watch func(Progress)
	// Safety is a keyed hash of the person, for providers that want to tell abusers apart. It may be empty.
	Safety string
	// Extra are parameters of the provider that the operator set for this route.
	Extra map[string]any
	// CallbackURL, when not empty, is called by providers that can.
	CallbackURL string
	// Known are the external ids of other calls for the same, which Reconcile is not to take for this one.
	Known []string
}

// Reference is an image that came with the request, already gated and stripped of its metadata.
type Reference struct {
	MediaType string
	Bytes     int64
	Open      func(ctx context.Context) (io.ReadCloser, error)
}

// Submission is the answer to Submit: either Images (synchronous) or a Handle (asynchronous).
type Submission struct {
	Images Images
	// Handle is all that Poll, Fetch and Cancel need, at most 16 KiB. It may hold personal data: it is stored sealed.
	Handle     []byte
	ExternalID string        // the provider's id, empty if it has none; unique per provider
	NextPoll   time.Duration // when to poll first
	Cost       int64         // micro-dollars, if the answer says so; -1 is not known
}

// Images are read in order. Each Body is valid until the next step; the iterator closes it. An error ends the sequence.
type Images = iter.Seq2[Image, error]

// Image is one result.
type Image struct {
	MediaType string // as declared; callers look at the bytes
	Seed      int64
	Body      io.Reader
	// Note is shown to the person beside the image, e.g. that it was drawn and not generated by a model. A text key of
	// a closed set, empty for none.
	Note string
}

// Progress is the answer to Poll, and what Request.Watch is told.
type Progress struct {
	Done     bool          // results can be fetched
	Started  bool          // the provider works on it, it is no longer in its queue
	Fraction float64       // 0 to 1, negative when not known
	NextPoll time.Duration // when to ask again
	Cost     int64         // micro-dollars; -1 is not known
	Ahead    int           // calls before this one in the provider's own queue; negative or zero when not known
	// Preview is the unfinished picture, a JPEG, PNG or WebP of at most MaxPreview bytes; nil for none.
	Preview []byte
}

// MaxPreview bounds a preview, in bytes.
const MaxPreview = 2 << 20

// Class says what a failure means for the money and for what to do next. The set is closed; the names are metric labels.
type Class string

// The classes. Adapters classify, the core decides.
const (
	Transient   Class = "transient"    // not accepted, or certainly not billed; the same provider may be asked again
	RateLimited Class = "rate_limited" // wait, or go elsewhere; burns no attempt
	Rejected    Class = "rejected"     // content refused
	BadRequest  Class = "bad_request"  // our bug, or not supported
	Auth        Class = "auth"         // key or quota: the operator's business
	UnknownCall Class = "unknown"      // sent, no readable answer: never sent again blindly
	NoOutput    Class = "no_output"    // answered without an image
	Lost        Class = "lost"         // the provider forgot the handle
	Canceled    Class = "canceled"     // by the person
)

// Classes lists all classes, for metrics and tests.
func Classes() []Class {
	return []Class{Transient, RateLimited, Rejected, BadRequest, Auth, UnknownCall, NoOutput, Lost, Canceled}
}

// Billed says whether a failed call was paid for.
type Billed string

// The answers.
const (
	BilledNo    Billed = "no"
	BilledYes   Billed = "yes"
	BilledMaybe Billed = "maybe"
)

// Error is every failure of a provider.
type Error struct {
	Provider string
	Class    Class
	Billed   Billed
	// Stage of a rejection: "input" or "output".
	Stage string
	// Wait is how long a rate limit lasts, and Scope what it covers: "key", "model" or "call". A bad request of scope
	// "model" is one this model does not take, though another may.
	Wait  time.Duration
	Scope string
	// Err is for operators. It holds no prompt and no key.
	Err error
}

func (e *Error) Error() string {
	s := e.Provider + ": " + string(e.Class)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Limits shares rates and slots between processes. Package queue implements it over Redis.
type Limits interface {
	// Reserve books one call under key at a rate of one per every with the given burst, and returns how long to wait
	// before making it. It books nothing and returns false when the wait would be longer than maxWait.
	Reserve(ctx context.Context, key string, every time.Duration, burst int, maxWait time.Duration) (wait time.Duration, ok bool, err error)
	// Unreserve gives a place back that was booked under key at that rate, for a call that is not made.
	Unreserve(ctx context.Context, key string, every time.Duration) error
	// Acquire takes one of limit slots under key for member, or renews it, for ttl. It reports whether there was one. A
	// member that asks again within patience keeps its place among those that wait, in the order of turn; zero patience
	// does not wait.
	Acquire(ctx context.Context, key, member string, limit int, ttl time.Duration, turn int64, patience time.Duration) (ok bool, err error)
	// Release gives the slot back.
	Release(ctx context.Context, key, member string) error
}
