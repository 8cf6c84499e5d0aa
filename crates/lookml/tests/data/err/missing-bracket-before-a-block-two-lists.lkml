fields: [[a,
dimension: b {
  type: number
}
hidden: yes
