fields: [ - # why
  x.y # not
, a]
