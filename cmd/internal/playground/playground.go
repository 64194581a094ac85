// Package playground is a chat page in the browser over the strict fake Bot API: the
// bot can be tried without a token, a phone or an account.
//
// The page stands where Telegram's app would. Everything it shows is the state of a
// [telegramtest.Server], which stands where Telegram's servers would; the bot itself
// is the real one and cannot tell the difference. So there is nothing here that
// answers for the bot, and nothing that the bot must know about.
//
// Invariants:
//   - The server has the truth, the browser a mirror. Each connection to the event
//     stream begins with the whole state, so a lost connection or a reload loses nothing.
//   - Only this machine: a request is served when its peer is a loopback address and its
//     Host names one (DNS rebinding brings foreign pages with a foreign Host). What
//     changes anything must also come from a page of the same origin, as JSON.
//   - Text of people and bots is never parsed as HTML; the Content-Security-Policy would
//     refuse the script anyway, and nothing is loaded from elsewhere.
//   - What a restart must not lose is in the snapshot: people, chats, files, and the
//     updates the bot has not confirmed.
//
// The assets are plain modules without a build step: app.js lays out, store.js mirrors,
// pane.js, message.js and composer.js are one chat and deeds.js what is done in it,
// webapp.js is Telegram's side of a Mini App and bridge.js the app's, panel.js is the side
// panel with the calls, the updates and the faults, people.js the list of people and groups.
package playground

import (
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

//go:embed assets
var assets embed.FS

// samples are what people send who have no file at hand: a sticker, a voice, a chime, a
// round video.
//
//go:embed samples
var samples embed.FS

// DefaultNotice is what the page says about itself unless [Options.Notice] is set.
const DefaultNotice = "Playground: a local stand-in for Telegram. Nothing leaves this machine."

// Options configure [New].
type Options struct {
	// Server is the fake Bot API the bot under trial talks to. Required; New does not
	// close it.
	Server *telegramtest.Server
	// Log gets refusals and failed saves; nil means silence. No text of people is logged.
	Log *slog.Logger
	// SavePath is the file of the snapshot, read by New and written as things change;
	// empty means that nothing survives a restart. Its folder must exist.
	SavePath string
	// Notice is the line in the bar; empty means [DefaultNotice]. Set another one when
	// prompts do leave the machine because a remote image provider is configured.
	Notice string
	// Suggestions are prompts to press for somebody who has not written one yet;
	// nil means three of our own.
	Suggestions []string
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Notice == "" {
		o.Notice = DefaultNotice
	}
	if o.Suggestions == nil {
		o.Suggestions = []string{"a red fox under a full moon", "a lighthouse in a storm", "a tiny robot watering a bonsai"}
	}
	return o
}

// Playground serves the page at /play/ and its API below /play/api/. It is safe for
// concurrent use.
type Playground struct {
	opts   Options
	tg     *telegramtest.Server
	log    *slog.Logger
	roster *signal
	keeper *keeper
	routes http.Handler
}

// New reads the snapshot, if there is one, makes a first person when there is nobody,
// and starts saving. A snapshot that cannot be read is an error: it is not overwritten.
func New(opts Options) (*Playground, error) {
	if opts.Server == nil {
		return nil, errors.New("playground: Options.Server is nil")
	}
	opts = opts.withDefaults()
	pg := &Playground{opts: opts, tg: opts.Server, log: opts.Log, roster: newSignal()}
	if err := load(opts.Server, opts.SavePath); err != nil {
		return nil, err
	}
	if len(pg.tg.People()) == 0 {
		pg.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "en"})
	}
	pg.keeper = keep(opts.Server, opts.SavePath, pg.roster, opts.Log)
	pg.routes = pg.guard(pg.mux())
	return pg, nil
}

// Close saves the snapshot and ends the event streams. The server stays open.
func (pg *Playground) Close() error {
	return pg.keeper.close()
}

// ServeHTTP serves everything at and below /play.
func (pg *Playground) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pg.routes.ServeHTTP(w, r)
}

func (pg *Playground) mux() http.Handler {
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		panic(err) // the folder is embedded at compile time
	}
	mux := http.NewServeMux()
	mux.Handle("GET /play", http.RedirectHandler("/play/", http.StatusFound))
	mux.HandleFunc("GET /play/{$}", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "index.html")
	})
	mux.HandleFunc("GET "+bridgePath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		http.ServeFileFS(w, r, files, "bridge.js")
	})
	mux.Handle("GET /play/assets/", http.StripPrefix("/play/assets/", http.FileServerFS(files)))
	mux.HandleFunc("GET /play/api/events", pg.stream)
	mux.HandleFunc("GET /play/api/panel", pg.panel)
	mux.HandleFunc("GET /play/api/transcript", pg.transcript)
	mux.HandleFunc("GET /play/api/files/{id}", pg.file)
	for path, act := range pg.acts() {
		mux.Handle("POST /play/api/"+path, act)
	}
	return mux
}
