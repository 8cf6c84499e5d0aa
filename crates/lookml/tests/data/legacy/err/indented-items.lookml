  - view: a
    b
     c: d
  - view: e
