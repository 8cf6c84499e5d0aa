fields: []
more: [ ]
