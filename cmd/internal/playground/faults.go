package playground

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// breaking is a fault to put in force. The pauses are in milliseconds, For in seconds; what
// is 0 or empty is as in [telegramtest.Fault].
type breaking struct {
	Kind        telegramtest.FaultKind `json:"kind"`
	Method      string                 `json:"method"`
	Chat        int64                  `json:"chat"`
	Contains    string                 `json:"contains"`
	Times       int                    `json:"times"`
	For         int                    `json:"for"`
	Code        int                    `json:"code"`
	Description string                 `json:"description"`
	RetryAfter  int                    `json:"retry_after"`
	Delay       int                    `json:"delay"`
	AfterEffect bool                   `json:"after_effect"`
}

const (
	maxFaults = 50
	maxTimes  = 100_000
	maxPause  = 600_000 // milliseconds
)

func (b breaking) check() error {
	known := slices.ContainsFunc(telegramtest.FaultKinds(), func(k telegramtest.FaultInfo) bool { return k.Kind == b.Kind })
	inside := func(n, most int) bool { return n >= 0 && n <= most }
	switch {
	case !known:
		return bad("there is no such kind of fault")
	case !inside(b.Times, maxTimes) || !inside(b.For, maxTimes) || !inside(b.RetryAfter, maxTimes) || !inside(b.Delay, maxPause):
		return bad("a number is out of bounds")
	case b.Code != 0 && (b.Code < 400 || b.Code > 599):
		return bad("an error code is 400 to 599")
	}
	return nil
}

func (b breaking) fault() telegramtest.Fault {
	return telegramtest.Fault{
		Kind: b.Kind, Method: b.Method, ChatID: b.Chat, Contains: b.Contains, Times: b.Times, For: time.Duration(b.For) * time.Second,
		Code: b.Code, Description: b.Description, RetryAfter: b.RetryAfter, Delay: time.Duration(b.Delay) * time.Millisecond,
		AfterEffect: b.AfterEffect,
	}
}

func (pg *Playground) addFault(_ context.Context, b breaking) (any, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	if len(pg.tg.Faults()) >= maxFaults {
		return nil, bad("enough is broken already")
	}
	return map[string]int{"id": pg.tg.Fault(b.fault()).ID()}, nil
}

// mending ends a fault, or with 0 all of them.
type mending struct {
	ID int `json:"id"`
}

func (pg *Playground) mend(_ context.Context, b mending) (any, error) {
	if b.ID != 0 && !pg.tg.RemoveFault(b.ID) {
		return nil, &refusal{http.StatusNotFound, "that fault is over"}
	}
	if b.ID == 0 {
		for _, f := range pg.tg.Faults() {
			pg.tg.RemoveFault(f.ID)
		}
	}
	return nil, nil
}

// presetView is trouble at one press, and what a good bot makes of it.
type presetView struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Expect string `json:"expect"`
}

// presets are the bad days of a bot that are worth a button.
var presets = []struct {
	presetView
	faults []telegramtest.Fault
}{
	{presetView{"down", "Telegram is down for 10 s", "Every call gets a 502 page, getUpdates too. Nothing may be lost: what was due is said once it is over."}, []telegramtest.Fault{
		{Kind: telegramtest.HTML502, For: 10 * time.Second},
		{Kind: telegramtest.HTML502, Method: "getUpdates", For: 10 * time.Second},
	}},
	{presetView{"flood", "Flood: 429 for 5 s", "Every call is told to come back in 5 s. The bot waits that long, and no longer, and then goes on."}, []telegramtest.Fault{
		{Code: http.StatusTooManyRequests, RetryAfter: 5, For: 5 * time.Second},
	}},
	{presetView{"twice", "Everything twice", "For a minute each update comes a second time. Nothing may be done twice, least of all charged."}, []telegramtest.Fault{
		{Kind: telegramtest.DuplicateUpdates, For: time.Minute},
	}},
	{presetView{"lost", "The next answer gets lost", "The next picture arrives, but the bot is not told. It must not send it again unasked."}, []telegramtest.Fault{
		{Kind: telegramtest.DropAfterEffect, Method: "sendPhoto", Times: 1},
	}},
	{presetView{"slow", "A slow line for 30 s", "Every answer takes 3 s. Buttons stay busy longer, and progress is edited less often."}, []telegramtest.Fault{
		{Kind: telegramtest.Slow, Delay: 3 * time.Second, For: 30 * time.Second},
	}},
	{presetView{"picky", "The next picture is refused", "Telegram does not like the next photo. The bot sends it as a file, or says what happened."}, []telegramtest.Fault{
		{Method: "sendPhoto", Code: http.StatusBadRequest, Description: "Bad Request: IMAGE_PROCESS_FAILED", Times: 1},
	}},
}

func presetViews() []presetView {
	var views []presetView
	for _, p := range presets {
		views = append(views, p.presetView)
	}
	return views
}

// choosing names a preset.
type choosing struct {
	ID string `json:"id"`
}

func (pg *Playground) preset(_ context.Context, b choosing) (any, error) {
	for _, p := range presets {
		if p.ID != b.ID {
			continue
		}
		for _, f := range p.faults {
			pg.tg.Fault(f)
		}
		return nil, nil
	}
	return nil, &refusal{http.StatusNotFound, "there is no such preset"}
}
