extension SchemaText {
    /// Skysail's own kinds.
    static let skysail = """
        package dev.skysail.v1
        kind AutoscalingPolicy skysail.dev/v1 autoscalingpolicies autoscalingpolicy short(asp) namespaced categories(all) sub(status)
        kind RuleGroup skysail.dev/v1 rulegroups rulegroup short(rg) namespaced sub(status)
        kind Dashboard skysail.dev/v1 dashboards dashboard namespaced

        type AutoscalingPolicy : Resizes a workload by signals from metrics and logs, and explains each decision.
          metadata - ObjectMeta
          spec - AutoscalingPolicySpec !
          status - AutoscalingPolicyStatus
        type AutoscalingPolicySpec : What to scale, by which signals, within which limits.
          scaleTargetRef - CrossVersionObjectReference ! : The workload whose replica count is written.
          mode - string =Auto enum(Off,Recommend,Auto) : Off evaluates nothing, Recommend decides and only reports, Auto also writes the replica count.
          minReplicas - int32 =1 : The lowest replica count; 0 allows scaling to zero.
          maxReplicas - int32 ! : The highest replica count.
          signals - []PolicySignal ! map(name) : What is looked at; each signal makes a proposal.
          combine - SignalCombination : How the proposals become one; the largest by default.
          tolerance - quantity : How far a signal may be off its target before it proposes a change, as a fraction; 0.1 by default.
          behavior - HorizontalPodAutoscalerBehavior : Limits and stabilization windows for each direction, as in HorizontalPodAutoscaler.
          schedules - []ReplicaSchedule map(name) : Floors and ceilings by the calendar.
          forecast - ReplicaForecast : A proposal learned from stored history; it only ever raises.
          paused - ScalingPause : Directions in which nothing is written at present.
          evaluationIntervalSeconds - int32 =5 : The longest time between two evaluations; fresh samples evaluate earlier.
          warmUpSeconds - int32 : How long a new pod counts as starting; its own signals are left out so long.
        type PolicySignal : One thing that is looked at; exactly one of promql, logql and resource is given.
          name - string ! : A name that formulas, decisions and metrics use.
          promql - string : A PromQL expression that gives one value.
          logql - string : A LogQL metric expression that gives one value.
          resource - ResourceSignal : A resource that the pods use.
          target - MetricTarget ! : The value at which the replica count is right.
          missing - MissingSignalPolicy : What to do when data is missing, stale or partial; missing is never zero.
          maxAgeSeconds - int32 =60 : Data older than this counts as missing.
        type ResourceSignal : CPU or memory of the target's pods as a signal.
          name - string ! : cpu, memory or another resource that containers request.
          container - string : Looks at this container only, not at the whole pod.
        type MissingSignalPolicy : What is done while a signal has no data.
          policy - string =Hold enum(Hold,LastValue,Fallback) : Hold changes nothing, LastValue keeps the last value for a time, Fallback proposes a fixed replica count.
          forSeconds - int32 : How long the last value counts, or how long data may be missing before the fallback applies.
          replicas - int32 : The replica count that Fallback proposes.
        type SignalCombination : How several signals become one number.
          type - string =Max enum(Max,Formula) : Max takes the largest proposal.
          formula - string : Arithmetic over the signals' names, each standing for its proposal.
        type ReplicaSchedule : A floor or a ceiling for a recurring time.
          name - string !
          start - string ! : When it begins, as a cron expression of five fields.
          durationSeconds - int64 ! : How long it holds.
          timeZone - string =UTC : Name of the time zone that the cron expression is read in.
          minReplicas - int32 : Floor while it holds.
          maxReplicas - int32 : Ceiling while it holds.
        type ReplicaForecast : Whether the load of tomorrow is looked at as well.
          enabled - bool =true : The forecast counts as one more signal.
          horizonSeconds - int32 =600 : How far ahead is looked; at least the time a pod needs to start.
          historySeconds - int64 =1209600 : How much history is learned from.
          maxErrorPercent - int32 =30 : The forecast is refused while its own past error is above this.
        type ScalingPause : Directions in which nothing is changed for now.
          up - bool : Replicas are not added.
          down - bool : Replicas are not removed.
        type AutoscalingPolicyStatus : What the autoscaler last saw and did.
          observedGeneration - int64
          replicas - int32 : What the workload has.
          desiredReplicas - int32 : What the last decision wants.
          lastScaleTime - time : When the replica count was last changed.
          conditions - []Condition map(type)
          lastDecision - ScalingDecision
        type ScalingDecision : What the last evaluation saw, decided, and why.
          time - microTime ! : When it was decided.
          from - int32 ! : Replicas before.
          to - int32 ! : Replicas after.
          reason - string ! : One word: why this count and no other.
          message - string : The same as a sentence.
          signals - []SignalReading map(name)
          limits - []string : Each limit that applied, in order.
        type SignalReading : What one signal said at a decision.
          name - string !
          value - string : What was read, as a number; absent when missing.
          target - string : The value that the signal is held to.
          sampleTime - microTime : Time of the newest sample that went in.
          state - string : Fresh, Stale, Missing, Partial or Failed.
          proposal - int32 : The replica count that it proposes.
        type RuleGroup : Recording and alert rules that are evaluated together, in order.
          metadata - ObjectMeta
          spec - RuleGroupSpec !
          status - RuleGroupStatus
        type RuleGroupSpec : The rules of the group, and how often they are asked.
          interval - duration =1m : Time between two evaluations.
          queryOffset - duration : How far back of now the expressions look.
          limit - int32 : The most series or alerts a rule may give; none is written beyond it. 0 means no limit.
          labels - {}string : Added to all series and alerts of the group.
          rules - []RuleDefinition ! : The rules, evaluated in this order.
          receivers - []AlertReceiver map(name) : Where the group's alerts go, besides the receivers of the configuration.
        type RuleDefinition : One rule; exactly one of alert and record is given.
          alert - string : Name of the alert.
          record - string : Name of the metric to record.
          expr - string ! : The expression.
          language - string =promql enum(promql,logql) : What the expression is written in.
          for - duration : How long an alert is pending before it fires.
          keepFiringFor - duration : How long an alert fires on after its expression ceased to hold.
          labels - {}string : Labels that results and alerts of the rule carry.
          annotations - {}string : Texts with templates, for people.
        type AlertReceiver : One place that is told of alerts.
          name - string !
          webhook - WebhookReceiver
          alertmanager - AlertmanagerReceiver
          slack - SlackReceiver
          sendResolved - bool =true : Whether the end of an alert is told as well.
        type WebhookReceiver : An address that alerts are posted to.
          url - string ! : The address.
          headers - {}string : Header fields sent with each post.
        type AlertmanagerReceiver : An Alertmanager that alerts are handed to.
          url - string ! : Its address, without the path of its API.
        type SlackReceiver : A channel of Slack that alerts are written into.
          url - string ! : Address of the incoming webhook.
          channel - string : The channel, when not the webhook's own.
        type RuleGroupStatus : How the group's last round went.
          observedGeneration - int64
          lastEvaluation - microTime : When the last round began.
          lastDuration - duration : How long it took.
          conditions - []Condition map(type)
          rules - []RuleHealth
        type RuleHealth : How one rule's last evaluation went.
          name - string !
          health - string ! : ok, err or unknown.
          state - string : inactive, pending or firing, for alerts.
          lastError - string : What went wrong; empty when nothing did.
        type Dashboard : A dashboard in Grafana's format, shown in the console.
          metadata - ObjectMeta
          spec - DashboardSpec !
        type DashboardSpec : A dashboard of the console.
          folder - string : Where the console lists it.
          json - any ! : The dashboard model, as Grafana exports it.
        """
}
