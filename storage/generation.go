package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// Status is where a generation is in its life:
//
//	         claim             images stored         shown
//	held ───────────► generating ───────────► stored ───────► delivered
//	  │ cancel          │ refused, failed,      │ blocked
//	  ▼                 ▼ canceled              ▼
//	canceled          refused failed          undeliverable
//
// The credits are held up to the third column, captured on the way into it, and released on the way down from the
// first two.
type Status string

// The statuses.
const (
	StatusHeld          Status = "held"          // entered by Reserve; left by Claim or a cancel
	StatusGenerating    Status = "generating"    // entered by Claim; left by Store or Finish
	StatusStored        Status = "stored"        // entered by Store, with the capture; left by its delivery
	StatusDelivered     Status = "delivered"     // the person has it, or was offered it by a button
	StatusUndeliverable Status = "undeliverable" // the person cannot be reached; it stays in the history, captured
	StatusCanceled      Status = "canceled"      // by the person, released
	StatusRefused       Status = "refused"       // by a provider's rules, released
	StatusFailed        Status = "failed"        // nobody could make it, released
)

// Open reports whether there is still work to do before the images exist.
func (s Status) Open() bool { return s == StatusHeld || s == StatusGenerating }

// Reason says why a generation ended as it did. The set is closed: it is a metric label and a text key.
type Reason string

// The reasons.
const (
	ReasonNone         Reason = ""
	ReasonPerson       Reason = "person"        // canceled by the person
	ReasonInput        Reason = "input"         // the prompt or reference was refused
	ReasonOutput       Reason = "output"        // the result was refused
	ReasonUnsupported  Reason = "unsupported"   // the model cannot do this
	ReasonProvider     Reason = "provider"      // providers failed, too often
	ReasonUnknown      Reason = "unknown"       // a call's outcome is not known; it is not repeated
	ReasonTimeout      Reason = "timeout"       // it took too long
	ReasonBadImage     Reason = "bad_image"     // what came back was no usable picture
	ReasonUnjudged     Reason = "unjudged"      // the moderator did not answer, and nothing passes without
	ReasonBadReference Reason = "bad_reference" // what the person sent was no usable picture
	ReasonQuarantined  Reason = "quarantined"   // it broke the worker again and again
	ReasonBlocked      Reason = "blocked"       // undeliverable: the person blocked the bot
	ReasonChat         Reason = "chat"          // undeliverable: the chat does not take it
	ReasonLost         Reason = "lost"          // undeliverable: the object store no longer has it
	ReasonUncertain    Reason = "uncertain"     // delivered by a button, because a send's answer was lost
)

// Origin says where a generation was asked for.
type Origin string

// The origins.
const (
	OriginChat Origin = "chat"
	OriginCLI  Origin = "cli"
	OriginApp  Origin = "web" // the Mini App, or the website
	OriginAPI  Origin = "api" // a program, with a token
)

// Form says how the result reaches the person.
type Form string

// The forms.
const (
	FormChat Form = "chat" // sent to the chat that asked
	FormPull Form = "pull" // fetched by whoever asked
)

// Request is the sealed part of a generation: what the person said, and where.
type Request struct {
	Prompt     string   `json:"prompt"`
	Negative   string   `json:"negative,omitempty"`
	Chat       int64    `json:"chat,omitempty"`    // Telegram's id
	Message    int64    `json:"message,omitempty"` // the message that asked
	Thread     int64    `json:"thread,omitempty"`  // the topic it stands in, zero for none
	Lang       string   `json:"lang,omitempty"`
	References []string `json:"references,omitempty"` // file ids, or pictures of earlier generations; still to be fetched
	Without    []string `json:"without,omitempty"`    // providers the person does not want
	Webhook    string   `json:"webhook,omitempty"`    // told when it is over, signed with the secret of Token
	Token      string   `json:"token,omitempty"`      // of the API
	Digest     string   `json:"digest,omitempty"`     // of all that was asked for under a key of the asker's own
}

// Params is the open part: nothing personal.
type Params struct {
	Width    int     `json:"width,omitempty"`
	Height   int     `json:"height,omitempty"`
	Count    int     `json:"count"`
	Seed     int64   `json:"seed"`
	Strength float64 `json:"strength,omitempty"`
	Quality  string  `json:"quality,omitempty"`
	Style    string  `json:"style,omitempty"` // by name; its words are added when a provider is asked
	Scale    int     `json:"scale,omitempty"` // of an upscale
	// Margins of an expansion: left, top, right, bottom, as shares of the reference's sides.
	Margins [4]float64 `json:"margins,omitzero"`
	// Beside is the generation whose image BesideN the result is shown next to, for comparing; empty for none.
	Beside  string `json:"beside,omitempty"`
	BesideN int    `json:"beside_n,omitempty"`
	Refs    int    `json:"refs,omitempty"`  // pictures that came with the request, not as file ids
	AsIs    bool   `json:"as_is,omitempty"` // in the shape of the first reference, which Width and Height only guess
}

// Generation is a request and its life.
type Generation struct {
	ID            string
	User          int64
	Origin        Origin
	RequestKey    string
	Form          Form
	Parent        string
	ParentN       int // image of the parent, -1 for none
	Status        Status
	Reason        Reason
	Model         string
	Operation     string
	Request       Request
	Params        Params
	RefsMissing   int
	Price         int64 // for all images
	StatusMessage int64 // Telegram's id of the one status message, zero if none
	StatusShown   string
	StatusMedia   string // names the preview that the status message shows; empty if it is a text
	Look          int64  // first look of the chain that looks after the status message
	Looked        time.Time
	Guess         Guess
	Promoted      bool
	CancelAsked   bool
	Deleted       bool
	Favorite      bool
	Fence         int64
	Claims        int64 // since the last progress
	Epoch         int64
	Created       time.Time
	Started       time.Time
	Stored        time.Time
	Done          time.Time
}

const generationColumns = `id, user_id, origin, request_key, form, COALESCE(parent_id, ''), COALESCE(parent_n, -1), status, reason, model,
	operation, request, params, refs_missing, price, COALESCE(status_message, 0), status_shown, promoted_at, cancel_at, deleted_at, favorite_at,
	fence, fence - progress_fence, epoch, created_at, started_at, stored_at, done_at,
	status_media, look, looked_at, guess_at, guess_base, guess_wait, guess_p90`

// scanGeneration reads generationColumns; the sealed part follows in open.
func scanGeneration(row scanner) (g Generation, sealed []byte, err error) {
	var params string
	var promoted, cancel, deleted, favorite, created, started, stored, done, looked, guessed sql.NullInt64
	var base, wait, p90 int64
	err = row.Scan(&g.ID, &g.User, &g.Origin, &g.RequestKey, &g.Form, &g.Parent, &g.ParentN, &g.Status, &g.Reason, &g.Model,
		&g.Operation, &sealed, &params, &g.RefsMissing, &g.Price, &g.StatusMessage, &g.StatusShown, &promoted, &cancel, &deleted, &favorite,
		&g.Fence, &g.Claims, &g.Epoch, &created, &started, &stored, &done,
		&g.StatusMedia, &g.Look, &looked, &guessed, &base, &wait, &p90)
	if err != nil {
		return g, nil, notFound(err)
	}
	g.Promoted, g.CancelAsked, g.Deleted, g.Favorite = promoted.Valid, cancel.Valid, deleted.Valid, favorite.Valid
	g.Created, g.Started, g.Stored, g.Done = fromMicros(created), fromMicros(started), fromMicros(stored), fromMicros(done)
	g.Looked, g.Guess = fromMicros(looked), guessOf(guessed, base, wait, p90)
	if err := json.Unmarshal([]byte(params), &g.Params); err != nil {
		return g, nil, fmt.Errorf("decode params: %w", err)
	}
	return g, sealed, nil
}

// readGeneration scans a row and opens its sealed part.
func (s *Store) readGeneration(ctx context.Context, row scanner) (Generation, error) {
	g, sealed, err := scanGeneration(row)
	if err != nil {
		return g, err
	}
	return g, s.unseal(ctx, g.User, "generations|request", g.ID, sealed, &g.Request)
}

// Generation returns one by id, for workers. What people see goes through [Store.OwnGeneration].
func (s *Store) Generation(ctx context.Context, id string) (Generation, error) {
	var sealed []byte
	g, err := first(ctx, s, func(row scanner) (g Generation, err error) {
		g, sealed, err = scanGeneration(row)
		return g, err
	}, `SELECT `+generationColumns+` FROM generations WHERE id = $1`, id)
	if err != nil {
		return g, err
	}
	return g, s.unseal(ctx, g.User, "generations|request", g.ID, sealed, &g.Request)
}

// OwnGeneration returns one of the person's own, or ErrNotFound.
func (s *Store) OwnGeneration(ctx context.Context, user int64, id string) (Generation, error) {
	return s.readGeneration(ctx, s.r.QueryRowContext(ctx, `SELECT `+generationColumns+` FROM generations
		WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL`, id, user))
}

// Requested returns the person's generation that a request key made, also one whose result they deleted since, or ErrNotFound.
func (s *Store) Requested(ctx context.Context, user int64, key string) (Generation, error) {
	return s.readGeneration(ctx, s.r.QueryRowContext(ctx, `SELECT `+generationColumns+` FROM generations WHERE request_key = $1 AND user_id = $2`, key, user))
}

// OpenGeneration is one that is not over, and who works on it.
type OpenGeneration struct {
	Generation
	Free bool // nobody does, and nothing is made: it can be canceled at once
	Made int  // images so far, of several calls
	// Provider and Route are those of the call under way, empty if there is none.
	Provider, Route string
}

// OpenGenerations lists a person's generations that are not over, in the order in which they were asked for.
func (s *Store) OpenGenerations(ctx context.Context, user int64) ([]OpenGeneration, error) {
	type row struct {
		o      OpenGeneration
		sealed []byte
	}
	rows, err := collect(ctx, s.r, func(sc scanner) (r row, err error) {
		r.o.Generation, r.sealed, err = scanGeneration(longer{sc, []any{&r.o.Free, &r.o.Made, &r.o.Provider, &r.o.Route}})
		return r, err
	}, `SELECT `+generationColumns+`, lease_until < now_us() AND `+noCall+` AND `+nothingMade+`,
			(SELECT COUNT(*) FROM images i WHERE i.generation_id = generations.id AND i.role = 'result'),
			COALESCE((SELECT a.provider FROM attempts a WHERE a.generation_id = generations.id AND a.state IN ('sending','submitted','running')), ''),
			COALESCE((SELECT a.model FROM attempts a WHERE a.generation_id = generations.id AND a.state IN ('sending','submitted','running')), '')
		FROM generations WHERE user_id = $1 AND status IN ('held','generating') ORDER BY created_at, id`, user)
	if err != nil {
		return nil, err
	}
	all := make([]OpenGeneration, 0, len(rows))
	for _, r := range rows {
		if err := s.unseal(ctx, user, "generations|request", r.o.ID, r.sealed, &r.o.Request); err != nil {
			return nil, err
		}
		all = append(all, r.o)
	}
	return all, nil
}

// longer scans more columns than whoever scans knows of.
type longer struct {
	scanner
	more []any
}

func (l longer) Scan(dest ...any) error { return l.scanner.Scan(append(dest, l.more...)...) }
