package app

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/workers"
)

// Check reads what settings say to more than themselves as a start of their role does, and the files that they name. It asks no server.
// The error joins one for each problem.
func Check(c config.Config, log *slog.Logger) error {
	_, scale := bounds(c)
	_, headers := traceHeaders(c)
	err := errors.Join(scale, headers)
	if c.Role == config.RoleBot {
		return err
	}
	if c.Role != config.RoleWeb {
		_, _, shares := shares(c)
		err = errors.Join(err, shares)
	}
	a, made := &App{options: Options{Config: c, Log: log}}, &core{}
	_, operators := operatorKeys(c)
	_, crew := crew(c)
	_, writers := a.writers()
	return errors.Join(err, operators, crew, writers, a.openMail(made), a.openRules(made), a.openShop(made), a.checkModels())
}

// checkModels reads what is needed to paint.
func (a *App) checkModels() error {
	r, err := a.router(providers.NewLocalStates())
	if err == nil {
		err = a.useCatalogue(r)
	}
	if err != nil {
		return err
	}
	name := a.options.Config.Model
	if _, ok := r.Model(name); !ok && name != "" {
		return config.Refuse("IMAGIKA_MODEL", fmt.Errorf("there is no model %s", name))
	}
	return nil
}

// bounds are how many processes of each pool there may be.
func bounds(c config.Config) (map[string]queue.Bounds, error) {
	all, err := queue.ParseBounds(c.Scale)
	return all, config.Refuse("IMAGIKA_SCALE", err)
}

// shares are the slots of pools and the weights of queues.
func shares(c config.Config) (pools, queues map[string]int, err error) {
	pools, wrong := queue.ParsePools(c.Pools)
	queues, err = queue.ParseQueues(c.Queues)
	return pools, queues, errors.Join(config.Refuse("IMAGIKA_POOLS", wrong), config.Refuse("IMAGIKA_QUEUES", err))
}

func operatorKeys(c config.Config) (keys.Operators, error) {
	all, err := keys.ParseOperators(c.OperatorKeys)
	return all, config.Refuse("IMAGIKA_OPERATOR_KEYS", err)
}

func crew(c config.Config) (map[int64]workers.Role, error) {
	all, err := workers.ParseCrew(c.Operators)
	return all, config.Refuse("IMAGIKA_OPERATORS", err)
}
