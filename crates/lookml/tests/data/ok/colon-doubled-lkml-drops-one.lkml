measure:: x {
  type:: count
}
