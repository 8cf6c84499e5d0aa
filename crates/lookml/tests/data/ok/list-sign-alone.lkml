fields: [ - , a, + ]
