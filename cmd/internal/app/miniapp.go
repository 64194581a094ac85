package app

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/site/miniapp"
	"github.com/imagika/imagika/workers/telegram"
)

// miniapp is the Mini App, nil where there is no database or no bot that could open it.
func (a *App) miniapp() (http.Handler, error) {
	if a.core.store == nil || a.servers.token == "" {
		return nil, nil
	}
	c := a.options.Config
	h, err := miniapp.New(miniapp.Options{
		Name: a.core.workers.Facts().Name, Store: a.core.store, Workers: a.core.workers, Texts: a.core.workers.Texts, Keys: a.core.sealer, Limits: a.core.limits,
		Launch: launches(telegram.NewLaunches(a.servers.token, c.LaunchAge)), BotUsername: a.core.workers.BotName,
		OIDC: oidc(c), Frames: a.frames(), Proxies: c.Proxies(), Secure: strings.HasPrefix(c.PublicURL, "https://"), Log: a.options.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("mini app: %w", err)
	}
	return h, nil
}

// launches says what a launch of the Mini App is in the words of package miniapp, which does not reach Telegram.
func launches(check *telegram.Launches) func(initData string) (miniapp.Launch, error) {
	return func(initData string) (miniapp.Launch, error) {
		l, err := check.Check(initData, time.Now())
		switch {
		case errors.Is(err, telegram.ErrLaunchOld):
			return miniapp.Launch{}, miniapp.ErrLaunchOld
		case err != nil:
			return miniapp.Launch{}, miniapp.ErrLaunchForged
		}
		return miniapp.Launch{Telegram: l.User.ID, Lang: l.User.LanguageCode, Sum: l.Sum[:]}, nil
	}
}

// frames are the origins of the playground, which shows the Mini App as Telegram does: in a frame.
func (a *App) frames() []string {
	if a.servers.playground == nil {
		return nil
	}
	_, port, err := net.SplitHostPort(a.options.Config.WebAddr)
	if err != nil || port == "0" {
		port = "*"
	}
	return []string{"http://127.0.0.1:" + port, "http://localhost:" + port}
}

// oidc is where people sign in with who come in a browser; nil where that is not set.
func oidc(c config.Config) *miniapp.OIDC {
	if c.OIDCIssuer == "" {
		return nil
	}
	return &miniapp.OIDC{Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, Secret: c.OIDCSecret.Reveal(), Redirect: strings.TrimSuffix(c.PublicURL, "/") + "/app/"}
}
