package queue

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxConcurrency bounds what may be asked of one pool in one process, maxWeight what may be said of a queue, and
// maxProcesses how many processes of a pool may be wanted.
const (
	maxConcurrency = 4096
	maxWeight      = 100
	maxProcesses   = 1000
)

// parseList reads "name=value,name=value"; value is empty where there is none. An empty list is nil.
func parseList[T any](what, spec string, value func(text string) (T, error)) (map[string]T, error) {
	if strings.TrimSpace(spec) == "" {
		return nil, nil //nolint:nilnil // Nil says that nothing is set.
	}
	all := make(map[string]T)
	for part := range strings.SplitSeq(spec, ",") {
		name, text, given := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := all[name]; twice {
			return nil, fmt.Errorf("%s %q is named twice", what, name)
		}
		if given && text == "" {
			return nil, fmt.Errorf("%s %q: nothing follows the =", what, name)
		}
		v, err := value(text)
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", what, name, err)
		}
		all[name] = v
	}
	return all, nil
}

// known refuses a name that is none of those there are.
func known[T any](what string, named map[string]T, all []string) error {
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if !slices.Contains(all, name) {
			return fmt.Errorf("no %s %q: there are %s", what, name, strings.Join(all, ", "))
		}
	}
	return nil
}

// ParsePools reads a list like "interactive=32,generate=64". A name alone takes the table's concurrency; an empty list
// is nil, which is all pools.
func ParsePools(spec string) (map[string]int, error) {
	pools, err := parseList("pool", spec, func(text string) (int, error) {
		if text == "" {
			return 0, nil
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return 0, fmt.Errorf("concurrency %q is not a number from 1 to %d", text, maxConcurrency)
		}
		return n, nil
	})
	if err != nil {
		return nil, err
	}
	return pools, checkPools(pools)
}

func checkPools(pools map[string]int) error {
	if pools != nil && len(pools) == 0 {
		return errors.New("no pool to run")
	}
	if err := known("pool", pools, poolNames()); err != nil {
		return err
	}
	for name, n := range pools {
		if n < 0 || n > maxConcurrency {
			return fmt.Errorf("pool %q: concurrency %d is not from 1 to %d", name, n, maxConcurrency)
		}
	}
	return nil
}

func poolNames() []string {
	var names []string
	for _, p := range Pools(0, false) {
		names = append(names, p.Name)
	}
	return names
}

// ParseQueues reads weights like "maintenance=4,bulk=1": a queue's share of the dispatches of its pool. Zero leaves the
// queue to other processes. An empty list is nil, which is the table's.
func ParseQueues(spec string) (map[string]int, error) {
	queues, err := parseList("queue", spec, func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > maxWeight {
			return 0, fmt.Errorf("weight %q is not a number from 0 to %d", text, maxWeight)
		}
		return n, nil
	})
	if err != nil {
		return nil, err
	}
	return queues, checkQueues(queues)
}

func checkQueues(queues map[string]int) error { return known("queue", queues, Queues()) }

// weigh gives the queues of a pool the weights that are set, and leaves out those without one.
func weigh(queues []Weighted, set map[string]int) []Weighted {
	var all []Weighted
	for _, q := range queues {
		if n, ok := set[q.Queue]; ok {
			q.Weight = n
		}
		if q.Weight > 0 {
			all = append(all, q)
		}
	}
	return all
}

// ParseBounds reads how many processes of a pool may be wanted, like "generate=1-20,deliver=2-4". Pools that are not
// named have DefaultBounds.
func ParseBounds(spec string) (map[string]Bounds, error) {
	all, err := parseList("pool", spec, func(text string) (Bounds, error) {
		low, high, _ := strings.Cut(text, "-")
		least, errLow := strconv.Atoi(low)
		most, errHigh := strconv.Atoi(high)
		if errors.Join(errLow, errHigh) != nil || least < 0 || most < max(1, least) || most > maxProcesses {
			return Bounds{}, fmt.Errorf("%q is not fewest-most, such as 1-20, with at most %d", text, maxProcesses)
		}
		return Bounds{least, most}, nil
	})
	if err != nil {
		return nil, err
	}
	return all, known("pool", all, poolNames())
}
