extension SchemaText {
    /// What `kubectl auth can-i` asks.
    static let authorization = """
        package io.k8s.api.authorization.v1
        kind SelfSubjectAccessReview authorization.k8s.io/v1 selfsubjectaccessreviews selfsubjectaccessreview cluster verbs(create)
        kind SelfSubjectRulesReview authorization.k8s.io/v1 selfsubjectrulesreviews selfsubjectrulesreview cluster verbs(create)
        kind SubjectAccessReview authorization.k8s.io/v1 subjectaccessreviews subjectaccessreview cluster verbs(create)
        kind LocalSubjectAccessReview authorization.k8s.io/v1 localsubjectaccessreviews localsubjectaccessreview namespaced verbs(create)

        type SelfSubjectAccessReview : Asks whether the caller may do something.
          metadata 1 ObjectMeta
          spec 2 SelfSubjectAccessReviewSpec !
          status 3 SubjectAccessReviewStatus
        type SelfSubjectAccessReviewSpec : What the asker would like to do; exactly one of the two.
          resourceAttributes 1 ResourceAttributes
          nonResourceAttributes 2 NonResourceAttributes
        type ResourceAttributes : An action on objects of the API.
          namespace 1 string
          verb 2 string : What would be done: get, list, watch, create, update, patch, delete, or * for all.
          group 3 string
          version 4 string : API version of the resource; * means all.
          resource 5 string
          subresource 6 string : The part of the object that would be touched; empty for the object itself.
          name 7 string
          fieldSelector 8 FieldSelectorAttributes
          labelSelector 9 LabelSelectorAttributes
        type FieldSelectorAttributes : The field selector that a list or watch would use.
          rawSelector 1 string : The selector as its text in the query.
          requirements 2 []FieldSelectorRequirement : The selector taken apart.
        type LabelSelectorAttributes : The label selector that a list or watch would use.
          rawSelector 1 string : The selector as its text in the query.
          requirements 2 []LabelSelectorRequirement
        type NonResourceAttributes : An action on a path that is no object.
          path 1 string
          verb 2 string : The HTTP method in lower case.
        type SubjectAccessReview : Asks whether somebody may do something.
          metadata 1 ObjectMeta
          spec 2 SubjectAccessReviewSpec !
          status 3 SubjectAccessReviewStatus
        type LocalSubjectAccessReview : Asks whether somebody may do something in a namespace.
          metadata 1 ObjectMeta
          spec 2 SubjectAccessReviewSpec !
          status 3 SubjectAccessReviewStatus
        type SubjectAccessReviewSpec : Who would do what.
          resourceAttributes 1 ResourceAttributes
          nonResourceAttributes 2 NonResourceAttributes
          user 3 string : Who is asked about.
          groups 4 []string : The groups of who is asked about.
          extra 5 {}[]string : What else is known of the user who is asked about.
          uid 6 string
        type SubjectAccessReviewStatus : Whether it may be done.
          allowed 1 bool ! : It may be done.
          denied 4 bool : It must not be done, whatever other rules say.
          reason 2 string
          evaluationError 3 string : What went wrong while the rules were asked.
        type SelfSubjectRulesReview : Asks for all that the asker may do in a namespace.
          metadata 1 ObjectMeta
          spec 2 SelfSubjectRulesReviewSpec !
          status 3 SubjectRulesReviewStatus
        type SelfSubjectRulesReviewSpec : The namespace that is asked about.
          namespace 1 string
        type SubjectRulesReviewStatus : What the asker may do.
          resourceRules 1 []ResourceRule !
          nonResourceRules 2 []NonResourceRule !
          incomplete 3 bool ! : There may be more that could not be listed.
          evaluationError 4 string : What went wrong while the rules were gathered.
        type ResourceRule : Actions that are allowed on some resources.
          verbs 1 []string !
          apiGroups 2 []string : API groups of the resources; * means all.
          resources 3 []string : The resources; * means all of the groups.
          resourceNames 4 []string : Objects that the rule is limited to; all when empty.
        type NonResourceRule : Actions that are allowed on some paths.
          verbs 1 []string !
          nonResourceURLs 2 []string : The paths; * at the end stands for the rest.
        """
}
