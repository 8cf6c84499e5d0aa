filter: period { type: date }
