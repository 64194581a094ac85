//go:build race

package sim_test

// raced says that the race detector looks on, which makes a world ten times as long.
const raced = true
