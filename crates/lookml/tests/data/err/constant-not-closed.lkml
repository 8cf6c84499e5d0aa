explore: @{x {
}
